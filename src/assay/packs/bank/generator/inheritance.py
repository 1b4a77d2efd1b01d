"""Crosses of several genes that are inherited independently."""

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import item, pick
from assay.packs.bank._words import joined
from assay.vocabulary.material import Item

_ALLELES: Final = "ABDEGHRT"
_CROSSES: Final = {  # how many of four offspring show the dominant trait, and are heterozygous
    ("Xx", "Xx"): (3, 2), ("Xx", "xx"): (2, 2), ("XX", "Xx"): (4, 2), ("xx", "XX"): (4, 4), ("xx", "Xx"): (2, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Inheritance:
    """The fraction of offspring with given traits, by Mendel's laws.

    Attributes:
        genes: genes, each on a chromosome of its own.
    """

    genes: Annotated[int, Meta(ge=2, le=4)] = 3

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "biology_genetics"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        letters = sorted(rng.sample(_ALLELES, self.genes))
        mother, father, wanted, part = "", "", [], Fraction(1)
        english = language == "en"
        for letter in letters:
            (one, two), (dominant, mixed) = pick(rng, tuple(_CROSSES.items()))
            mother += one.replace("X", letter).replace("x", letter.lower())
            father += two.replace("X", letter).replace("x", letter.lower())
            kind = "mixed" if dominant == 4 else pick(rng, ("dominant", "recessive", "mixed"))
            part *= Fraction({"dominant": dominant, "recessive": 4 - dominant, "mixed": mixed}[kind], 4)
            gene = f"{letter}/{letter.lower()}"
            wanted.append({"dominant": f"the dominant trait of {gene}" if english else f"{gene}表现为显性",
                           "recessive": f"the recessive trait of {gene}" if english else f"{gene}表现为隐性",
                           "mixed": f"the genotype {letter}{letter.lower()}" if english else
                           f"基因型含{letter}{letter.lower()}"}[kind])  # fmt: skip
        if english:
            text = (f"In a diploid plant, the gene pairs {', '.join(f'{c}/{c.lower()}' for c in letters)} lie on "
                    f"different ")
            text += (f"chromosomes; capitals are completely dominant. A plant {mother} is crossed with a plant "
                     f"{father}.\n\nWhat ")
            text += (f"fraction of the offspring is expected to have {joined(wanted, 'en')}? Answer with a fraction "
                     f"such as 3/16.")
        else:
            text = (f"某二倍体植物的等位基因{'、'.join(f'{c}/{c.lower()}' for c in letters)}分别位于不同的染色体上，"
                    f"大写字母代表的")
            text += (f"基因为完全显性。用{mother}植株与{father}植株杂交。"
                     f"\n\n子代中{'，且'.join(wanted)}的个体预计占多大比例？")
            text += "请用分数作答，例如 3/16。"
        return item(self, language, text, f"{part.numerator}/{part.denominator}" if part != 1 else 1,
                    ("source:Mendel's laws of segregation and independent assortment",))  # fmt: skip
