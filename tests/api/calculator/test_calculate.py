"""The calculator: files in, answers and refusals out."""

import json
import math
import re
from pathlib import Path

import pytest

from assay.api.calculator.calculate import uncertainty
from assay.vocabulary.errors import BadInput
from assay.vocabulary.words import LANGUAGES, section

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests" / "reference" / "vectors.json").read_text())


@pytest.fixture
def calculate(tmp_path):
    def made(text, **options):
        path = tmp_path / "model.toml"
        path.write_text(text, encoding="utf-8")
        return uncertainty(path, **({"trials": 20_000} | options))

    return made


@pytest.fixture
def refused(calculate):
    def made(text, **options):
        with pytest.raises(BadInput) as caught:
            calculate(text, **options)
        for language in LANGUAGES:
            assert caught.value.message(language)
        return caught.value

    return made


def one(text):
    return f'model = "x"\n[quantity.x]\n{text}\n'


def test_the_example_of_the_docs(calculate):
    page = (ROOT / "docs" / "calculator.md").read_text(encoding="utf-8")
    found = calculate(re.search("```toml\n(.*?)```", page, re.S).group(1), trials=None).outputs["y"]
    expect = VECTORS["gum_h1"]["expect"]
    assert (found.y, found.u) == pytest.approx((expect["y"], expect["uc"]), abs=5e-10)
    assert found.dof == pytest.approx(expect["nu_eff"], abs=5e-10)
    assert found.k == pytest.approx(expect["k99_nu16"], abs=5e-10)
    assert math.ceil(found.U) == expect["U99"]
    assert found.u_second_order == pytest.approx(expect["uc_second_order"], abs=5e-7)
    assert not found.first_order_valid
    assert found.mcm.u == pytest.approx(36, abs=0.5)
    assert found.mcm.shortest == pytest.approx((50000745, 50000932), abs=2)
    assert sum(row.u**2 for row in found.budget) == pytest.approx(found.u**2)
    assert sum(row.share for row in found.budget) == pytest.approx(1)


def test_simultaneous_readings(calculate):
    found = calculate("""
        [models]
        R = "Z*cos(phi)"
        X = "Z*sin(phi)"
        Z = "V/I"
        [quantity]
        V = {readings = [5.007, 4.994, 5.005, 4.990, 4.999], simultaneous = "s"}
        I = {readings = [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3], simultaneous = "s"}
        phi = {readings = [1.0456, 1.0438, 1.0468, 1.0428, 1.0433], simultaneous = "s"}
    """)
    assert {name: round(one.y, 3) for name, one in found.outputs.items()} == {"R": 127.732, "X": 219.847, "Z": 254.26}
    assert [one.u for one in found.outputs.values()] == pytest.approx([0.071, 0.295, 0.236], abs=6e-4)
    assert all(one.dof == pytest.approx(4) for one in found.outputs.values())
    r = found.correlation
    assert [round(r[a][b], 3) for a, b in ("RX", "RZ", "XZ")] == [-0.588, -0.485, 0.993]
    assert r["R"]["R"] == 1.0 and r["X"]["R"] == r["R"]["X"]
    assert {row.kind for row in found.outputs["R"].budget} == {"A"}
    assert sum(row.share for row in found.outputs["R"].budget) == pytest.approx(1)
    assert [row.quantity for row in found.outputs["Z"].budget] == ["V", "I"]


@pytest.mark.parametrize(
    ("text", "value", "u", "dof"),
    [
        ("value = 2\nu = 0.1", 2, 0.1, None),
        ("value = 2\nu = 0.1\ndof = 7", 2, 0.1, 7),
        ("value = 2\nu = 0.1\ndof = inf", 2, 0.1, None),
        ("value = 2\nu = 0.1\nrelative_u_of_u = 0.25", 2, 0.1, 8),
        ("value = 2\nU = 0.3\nk = 3", 2, 0.1, None),
        ("value = 2\nU = 0.3\nlevel = 0.95", 2, 0.3 / 1.959963985, None),
        ("value = 2\nU = 0.3\nlevel = 0.95\ndof = 5", 2, 0.3 / 2.570581836, 5),
        ("readings = [1, 2, 3, 6]", 3, math.sqrt(14 / 3 / 4), 3),
        ('distribution = "normal"\nmean = 2\nsd = 0.1', 2, 0.1, None),
        ('distribution = "normal"\nvalue = 2\nu = 0.1\ndof = 9', 2, 0.1, 9),
        ('distribution = "t"\nvalue = 2\nu = 0.1\ndof = 9', 2, 0.1, 9),
        ('distribution = "rectangular"\nlow = 1\nhigh = 3', 2, 1 / math.sqrt(3), None),
        ('distribution = "rectangular"\nlow = 1\nhigh = 3\ndof = 8', 2, 1 / math.sqrt(3), 8),
        ('distribution = "rectangular"\nvalue = 2\nhalf_width = 1', 2, 1 / math.sqrt(3), None),
        ('distribution = "triangular"\nlow = 1\nhigh = 3', 2, 1 / math.sqrt(6), None),
        ('distribution = "triangular"\nlow = 0\nhigh = 3\nmode = 3', 2, math.sqrt(0.5), None),
        ('distribution = "trapezoid"\nlow = 1\nhigh = 3\nbeta = 0.5', 2, math.sqrt(1.25 / 6), None),
        ('distribution = "trapezoid"\nvalue = 2\nu = 0.1\nratio = 0.5', 2, 0.1, None),
        ('distribution = "arcsine"\nlow = 1\nhigh = 3', 2, 1 / math.sqrt(2), None),
        ('distribution = "curvilinear_trapezoid"\nlow = 1\nhigh = 3\nd = 0.3', 2, math.sqrt(1 / 3 + 0.01), None),
        ('distribution = "exponential"\nmean = 2', 2, 2, None),
        ('distribution = "gamma"\nshape = 4\nscale = 0.5', 2, 1, None),
        ("counts = 3", 4, 2, None),
        ("counts = 2\ntrials = 9", 0.25, math.sqrt(0.1875 / 11), None),
        ('distribution = "beta"\nalpha = 1\nbeta = 1', 0.5, 1 / math.sqrt(12), None),
    ],
)
def test_every_way_to_know_a_quantity(calculate, text, value, u, dof):
    found = calculate(one(text), trials=100_000).outputs["y"]
    assert (found.y, found.u) == pytest.approx((value, u), rel=1e-9)
    assert found.dof == (None if dof is None else pytest.approx(dof))
    assert found.mcm.y == pytest.approx(value, abs=0.02 * u)
    if dof is None:
        assert found.mcm.u == pytest.approx(u, rel=0.02)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("value = 2\nu = -0.1", "never negative"),
        ("value = 2\nu = nan", "not a finite number"),
        ("value = 2\nu = 0.1\ndof = 0", "above 0"),
        ("value = 2\ndof = 5", "'u' is missing"),
        ("u = 0.1", "'value' is missing"),
        ("value = 2\nU = 0.1", "coverage factor 'k' or"),
        ("value = 2\nU = 0.1\nk = 0", "above 0"),
        ("value = 2\nU = 0.1\nk = 2\nlevel = 0.9", "either"),
        ("value = 2\nu = 0.1\nU = 0.2", "give one of them"),
        ("value = 2\nu = 0.1\nlow = 1", "'low' does not go with value"),
        ("value = 2\nuu = 0.1", "did you mean 'u'?"),
        ("value = 2", "nothing uncertain"),
        ("value = 2\nu = 0", "nothing uncertain"),
        ("readings = [3]", "shows no scatter"),
        ("readings = [3, 3, 3]", "all 3 readings are equal"),
        ("readings = [3, inf]", "not a finite number"),
        ("readings = [3, 4]\nu = 0.1", "'u' does not go with readings"),
        ('distribution = "rectangular"\nlow = 3\nhigh = 3', "low below high"),
        ('distribution = "rectangular"\nlow = 4\nhigh = 3', "low below high"),
        ('distribution = "rectangular"\nlow = 4', "given: low"),
        ('distribution = "uniform"\nlow = 1\nhigh = 2', "known: normal, t, rectangular"),
        ('distribution = "triangular"\nlow = 1\nhigh = 2\nmode = 3', "between the limits"),
        ('distribution = "exponential"\nmean = -1', "above 0"),
        ("counts = -1", "0 or more"),
        ("counts = 3\ntrials = 2", "no less than"),
        ('model = "x + 1"', "circle: x → x"),
        ('model = "z + 1"', "no quantity called 'z'"),
        ('model = "1"\nu = 1', "'u' does not go with model"),
        ("value = 1" + "0" * 400 + "\nu = 1", "not a finite number"),
    ],
)
def test_a_quantity_that_cannot_be(refused, text, words):
    assert words in str(refused(one(text)))


X = '[quantity.a]\nvalue = 1\nu = 1\n[quantity.b]\nvalue = 1\nu = 1\n[quantity.c]\nvalue = 1\n'


def between(a, b, r):
    return f'[[correlation]]\nbetween = ["{a}", "{b}"]\nr = {r}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "either 'model'"),
        ('model = "x"\n[models]\ny = "x"', "either 'model'"),
        ("modl = 'x'", "did you mean 'model'"),
        ("model = 'x", "not valid TOML"),
        ("model = 'a'\nlevel = 1.0\n" + X, "a probability"),
        ("[models]\na = '2*b'\n" + X, "used twice"),
        ("[models]\n'1a' = '2*b'\n" + X, "cannot be the name"),
        ("model = 'a'\n[quantity.'x-1']\nvalue = 1", "cannot be the name"),
        ("model = 'a'\n[quantity.pi]\nvalue = 3", "cannot be the name"),
        ("[models]\np = 'q'\nq = 'p'", "circle"),
        ("[models]\np = 'a'\nq = 'c*2'\n" + X, "q: no uncertainty"),
        ("model = 'a-b'\n" + X + between("a", "a", 0.5), "stands twice"),
        ("model = 'a-b'\n" + X + between("a", "b", 1.5), "from −1 to 1"),
        ("model = 'a-b'\n" + X + between("a", "bb", 0.5), "did you mean 'b'?"),
        ("model = 'a-b'\n" + X + between("a", "c", 0.5), "exact constant"),
        ("model = 'a-b'\n" + X + between("a", "b", 0.5) + between("b", "a", 0.5), "give it once"),
        ("model = 'a-b'\n" + X + between("a", "b", 1), "nothing uncertain"),
        ("model = 'a'\n[quantity]\na = {readings = [1, 2], simultaneous = 's'}\n"
         "b = {readings = [1, 2, 4], simultaneous = 's'}", "different numbers of readings (a: 2, b: 3)"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be(refused, text, words):
    assert words in str(refused(text))


def test_impossible_correlations(refused):
    text = "model = 'a+b+d'\n" + X + "[quantity.d]\nvalue = 1\nu = 1\n"
    text += between("a", "b", 0.9) + between("a", "d", 0.9) + between("b", "d", -0.9)
    assert "eigenvalue -0.8" in str(refused(text))


@pytest.mark.parametrize("options", [{"trials": 10}, {"trials": 10**9}, {"level": 95.0}, {"seed": -1}])
def test_options_that_cannot_be(refused, options):
    assert refused("model = 'a'\n" + X, **options).exit_code == 2


def test_correlated_quantities(calculate):
    text = "model = 'a-b'\n" + X + between("a", "b", 0.9)
    found = calculate(text, trials=200_000).outputs["y"]
    assert found.u == pytest.approx(math.sqrt(0.2)) and found.first_order_valid
    assert found.mcm.u == pytest.approx(math.sqrt(0.2), rel=0.01)


def test_a_stationary_point_is_said_and_never_without_uncertainty(calculate):
    found = calculate("model = 'a**2 + b**2'\n[quantity]\na = {value = 0, u = 0.005}\nb = {value = 0, u = 0.005}")
    output = found.outputs["y"]
    assert output.u == pytest.approx(50e-6) and not output.first_order_valid
    assert output.notes[0].code == "stationary"
    assert [row.share for row in output.budget] == [None, None]


def test_unused_quantities_are_named(calculate):
    assert [note.values["name"] for note in calculate("model = 'a + c'\n" + X).notes] == ["b"]


def test_names_of_other_scripts_and_words_of_python(calculate):
    text = "model = 'as + lambda*温度 + µ + y'\n[quantity]\nas = {value = 1, u = 3}\nlambda = {value = 2}\n"
    text += '"温度" = {value = 3, u = 2}\n"μ" = {value = 1}\ny = {value = 2}\n'
    found = calculate(text).outputs["y"]
    assert (found.y, found.u) == pytest.approx((10, 5))


def test_level_seed_and_trials(calculate):
    text = "level = 0.9\nmodel = 'a'\n" + X
    assert calculate(text).level == 0.9 and calculate(text).outputs["y"].k == pytest.approx(1.6449, abs=1e-4)
    assert calculate(text, level=0.99).outputs["y"].k == pytest.approx(2.5758, abs=1e-4)
    one, two, other = (calculate(text, seed=seed).outputs["y"].mcm for seed in (1, 1, 2))
    assert one == two != other and one.trials == 20_000


def test_every_remark_and_distribution_has_words():
    source = "".join(path.read_text() for path in (ROOT / "src/assay/uncertainty").rglob("answer.py"))
    codes = set(re.findall(r'\("(\w+)", \{', source)) | {"stationary", "no_derivative", "unused"}
    assert len(codes) >= 8
    assert {f"note.{code}" for code in codes} <= set(section("calculator", "en"))
