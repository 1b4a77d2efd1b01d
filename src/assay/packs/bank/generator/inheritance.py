"""Crosses of several genes that are inherited independently."""

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import item, pick
from assay.packs.bank._numerals import chinese
from assay.packs.bank._words import joined
from assay.vocabulary.material import Item

_ALLELES: Final = "ABDEGHRT"
_CROSSES: Final = (  # how many of four offspring show the dominant trait, and are heterozygous
    (("Xx", "Xx"), (3, 2)), (("Xx", "xx"), (2, 2)), (("XX", "Xx"), (4, 2)), (("xx", "XX"), (4, 4)),
)  # fmt: skip
_WANTED: Final = {
    "en": {"dominant": "the dominant trait of {x}/{y}", "recessive": "the recessive trait of {x}/{y}",
           "mixed": "the genotype {x}{y}"},
    "zh": {"dominant": "{x}/{y}控制的性状表现为显性", "recessive": "{x}/{y}控制的性状表现为隐性",
           "mixed": "基因型含{x}{y}"},
}  # fmt: skip


@dataclass(frozen=True)
class Inheritance:
    """The fraction of offspring with given traits, by Mendel's laws.

    Attributes:
        genes: genes, each on a chromosome of its own.
    """

    genes: Annotated[int, Meta(ge=2, le=6)] = 3

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "biology_genetics"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        letters = sorted(rng.sample(_ALLELES, self.genes))
        mother, father, wanted, part = "", "", [], Fraction(1)
        certain = int(rng.random() * self.genes)  # the one gene that may be heterozygous in all the offspring
        for n, letter in enumerate(letters):
            (one, two), (dominant, mixed) = pick(rng, _CROSSES if n == certain else _CROSSES[:-1])
            one, two = (one, two) if rng.random() < 0.5 else (two, one)
            mother += one.replace("X", letter).replace("x", letter.lower())
            father += two.replace("X", letter).replace("x", letter.lower())
            kind = "mixed" if dominant == 4 else pick(rng, ("dominant", "recessive", "mixed"))
            part *= Fraction({"dominant": dominant, "recessive": 4 - dominant, "mixed": mixed}[kind], 4)
            wanted.append(_WANTED[language][kind].format(x=letter, y=letter.lower()))
        pairs = [f"{letter}/{letter.lower()}" for letter in letters]
        if language == "en":
            text = f"In a diploid plant, the gene pairs {joined(pairs, 'en')} lie on different pairs of chromosomes; "
            text += f"capitals are completely dominant. A plant {mother} is crossed with a plant {father}.\n\nWhat "
            text += f"fraction of the offspring is expected to have {joined(wanted, 'en')}? Answer with a fraction in "
            text += "the form 2/7, alone on the last line."
        else:
            text = f"某二倍体植物的{chinese(self.genes).replace('二', '两')}对等位基因{'、'.join(pairs)}分别位于不同的"
            text += f"同源染色体上，大写字母代表的基因均为完全显性。用{mother}植株与{father}植株杂交。\n\n子代中"
            text += f"{'，'.join(wanted[:-1])}，并且{wanted[-1]}的个体预计占多大比例？请在最后一行只写出一个分数，写成"
            text += " 2/7 的形式。"
        return item(self, language, text, f"{part.numerator}/{part.denominator}",
                    ("source:Mendel's laws of segregation and independent assortment",))  # fmt: skip
