"""A question to a small database, answered by a query."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item

_GOODS: Final = {"en": ("tea", "rice", "soap", "paper", "oil", "salt"), "zh": ("茶叶", "大米", "肥皂", "纸张", "菜油",
    "食盐")}
_LEVELS: Final = (("sum", "above", "top", "kinds"), ("never", "every", "cities"), ("average", "leader"))
_KINDS: Final = {
    "en": {
        "sum": "For each city, give the city and the total number of units of {word} sold there, counting only sales "
               "at a unit price of {price} or more. Leave out cities without such a sale.",
        "above": "List the names of the sellers whose sales (units times unit price, over all goods) come to more than "
                 "{limit}.",
        "top": "For each city, give the city and the largest number of units in a single sale there at a unit price "
               "below {price}. Leave out cities without such a sale.",
        "kinds": "For each seller with single sales of {few} or more units, give the name and the number of different "
                 "goods in those sales.",
        "never": "List the names of the sellers who never sold {few} or more units of {word} in a single sale.",
        "every": "For every seller, even one without any sale of {word}, give the name and the total number of units "
                 "of {word} sold, 0 if there are none.",
        "cities": "For each kind of goods that was sold in at least two different cities, give the goods and the "
                  "number of cities in which it was sold.",
        "average": "List the ids of the sales with more units than the average sale of the same goods.",
        "leader": "For each city in which anything was sold, give the city and the name of the seller there who sold "
                  "the most units in all; if several are level, give each of them.",
    },
    "zh": {
        "sum": "只计单价不低于{price}的销售，按城市统计“{word}”的总销量（件数之和），给出城市和总件数；"
               "没有这类销售的城市不列。",
        "above": "列出总销售额（所有商品每笔件数乘以单价，再相加）超过{limit}的销售员姓名。",
        "top": "只看单价低于{price}的销售，按城市统计单笔最大件数，给出城市和该件数；没有这类销售的城市不列。",
        "kinds": "只看单笔不少于{few}件的销售，列出有这类销售的每位销售员的姓名，以及这些销售涉及的商品种数。",
        "never": "列出单笔从未卖出过{few}件或更多“{word}”的销售员姓名。",
        "every": "列出每位销售员的姓名和他卖出的“{word}”总件数，没有卖过的也要列出，件数为0。",
        "cities": "列出在至少两个不同城市卖出过的商品，给出商品名和卖出过该商品的城市数。",
        "average": "列出件数高于同种商品单笔平均件数的各笔销售的 id。",
        "leader": "对每个有销售记录的城市，给出城市和该市总销售件数最多的销售员姓名；并列的都要列出。",
    },
}  # fmt: skip
_JOINED: Final = "FROM sales t JOIN sellers s ON s.id = t.seller"
_QUERIES: Final = {  # each with one that a careless reader would write, which must give other rows
    "sum": ("SELECT s.city, SUM(t.{n}) {joined} WHERE t.{good} = '{word}' AND t.{cost} >= {price} GROUP BY s.city",
            "SELECT s.city, SUM(t.{n}) {joined} WHERE t.{good} = '{word}' GROUP BY s.city"),
    "above": ("SELECT s.name {joined} GROUP BY s.id, s.name HAVING SUM(t.{n} * t.{cost}) > {limit}",
              "SELECT DISTINCT s.name {joined}"),
    "top": ("SELECT s.city, MAX(t.{n}) {joined} WHERE t.{cost} < {price} GROUP BY s.city",
            "SELECT s.city, MAX(t.{n}) {joined} GROUP BY s.city"),
    "kinds": ("SELECT s.name, COUNT(DISTINCT t.{good}) {joined} WHERE t.{n} >= {few} GROUP BY s.id, s.name",
              "SELECT s.name, COUNT(DISTINCT t.{good}) {joined} GROUP BY s.id, s.name"),
    "never": ("SELECT name FROM sellers WHERE id NOT IN "
              "(SELECT seller FROM sales WHERE {good} = '{word}' AND {n} >= {few})",
              "SELECT DISTINCT s.name {joined} WHERE NOT (t.{good} = '{word}' AND t.{n} >= {few})"),
    "every": ("SELECT s.name, COALESCE(SUM(t.{n}), 0) FROM sellers s LEFT JOIN sales t ON t.seller = s.id "
              "AND t.{good} = '{word}' GROUP BY s.id, s.name",
              "SELECT s.name, SUM(t.{n}) {joined} WHERE t.{good} = '{word}' GROUP BY s.id, s.name"),
    "cities": ("SELECT t.{good}, COUNT(DISTINCT s.city) {joined} GROUP BY t.{good} HAVING COUNT(DISTINCT s.city) >= 2",
               "SELECT t.{good}, COUNT(s.city) {joined} GROUP BY t.{good} HAVING COUNT(s.city) >= 2"),
    "average": ("SELECT t.id FROM sales t WHERE t.{n} > (SELECT AVG(u.{n}) FROM sales u WHERE u.{good} = t.{good})",
                "SELECT t.id FROM sales t WHERE t.{n} > (SELECT AVG(u.{n}) FROM sales u)"),
    "leader": ("SELECT city, name FROM (SELECT s.city, s.name, RANK() OVER (PARTITION BY s.city ORDER BY SUM(t.{n}) "
               "DESC) AS place {joined} GROUP BY s.id, s.name, s.city) WHERE place = 1",
               "SELECT s.city, s.name {joined} GROUP BY s.id, s.name, s.city ORDER BY SUM(t.{n}) DESC LIMIT 1"),
}  # fmt: skip
_COLUMNS: Final = {"n": ("pieces", "quantity", "amount", "sold"), "cost": ("price", "unit_price", "each_at", "rate"),
                   "good": ("good", "product", "article", "ware")}  # fmt: skip
_TABLES: Final = (
    "CREATE TABLE sellers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);\n"
    "CREATE TABLE sales (id INTEGER PRIMARY KEY, seller INTEGER, {good} TEXT, {n} INTEGER, {cost} INTEGER);"
)
_TOLD: Final = {
    "en": "A SQLite database has these tables:\n\n```sql\n{tables}\n```\n\ncity is where a seller works. Each row of "
          "sales is one sale: seller is the id of the seller, {good} is what was sold (such as {word}), {n} is the "
          "number of units, and {cost} is the price of one unit.\n\n{asked} Answer with one SQL query.",
    "zh": "某 SQLite 数据库有以下两张表：\n\n```sql\n{tables}\n```\n\ncity 是销售员所在的城市。"
          "sales 的每一行是一笔销售：seller 是销售员的 id，{good} 是商品名（例如“{word}”），{n} 是件数，"
          "{cost} 是单价。\n\n{asked}请用一条 SQL 查询作答。",
}  # fmt: skip


@dataclass(frozen=True)
class SqlQuery:
    """Two tables that must be joined; the right rows are those of the reference query.

    Attributes:
        level: 1 for a join with a filter, 2 for sellers without sales and counts of what differs, 3 for a comparison
            within groups.
        sellers: rows of the first table; one of them sells nothing.
        sales: rows of the second.
    """

    level: Annotated[int, Meta(ge=1, le=3)] = 2
    sellers: Annotated[int, Meta(ge=4, le=12)] = 6
    sales: Annotated[int, Meta(ge=8, le=60)] = 18

    dimension: ClassVar[str] = "code"
    skill: ClassVar[str] = "querying_data"
    instrument: ClassVar[str] = "code.sql_result"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        kind, words, setup, query = self._drawn(rng, language)
        asked = _KINDS[language][kind].format(**words)
        text = _TOLD[language].format(tables=_TABLES.format(**words), asked=asked, **words)
        return item(self, language, text, {"setup": setup, "query": query})

    def answer(self, rng: Random, language: str) -> str:
        """The reference query."""
        return f"```sql\n{self._drawn(rng, language)[3]}\n```"

    def _drawn(self, rng: Random, language: str) -> tuple[str, dict[str, Any], str, str]:
        """Kind of question, its words, the filled tables and the reference query."""
        while True:
            kind = pick(rng, _LEVELS[self.level - 1])
            words: dict[str, Any] = {name: pick(rng, columns) for name, columns in _COLUMNS.items()}
            usual = 11 * self.sales // (self.sellers - 1)  # a tenth of what a seller sells for, as a rule
            words |= {"word": pick(rng, _GOODS[language]), "price": between(rng, 4, 10), "few": between(rng, 8, 22),
                      "limit": between(rng, usual // 2, usual) * 10, "joined": _JOINED}  # fmt: skip
            setup = self._filled(rng, language, _TABLES.format(**words))
            query, careless = (text.format(**words) for text in _QUERIES[kind])
            if _told_apart(setup, query, careless):
                return kind, words, setup, query

    def _filled(self, rng: Random, language: str, tables: str) -> str:
        names, cities = rng.sample(NAMES[language], self.sellers), rng.sample(PLACES[language], 3)
        people = ", ".join(f"({n}, '{name}', '{pick(rng, cities)}')" for n, name in enumerate(names, 1))
        busy = rng.sample(range(1, self.sellers + 1), self.sellers - 1)
        rows = [f"({n}, {pick(rng, busy)}, '{pick(rng, _GOODS[language])}', {between(rng, 1, 30)}, "
                f"{between(rng, 2, 12)})"
                for n in range(1, self.sales + 1)]  # fmt: skip
        return f"{tables}\nINSERT INTO sellers VALUES {people};\nINSERT INTO sales VALUES {', '.join(rows)};"


def _told_apart(setup: str, query: str, careless: str) -> bool:
    """Whether a query of our own gives rows, and others than the careless one."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(setup)
        rows = sorted(database.execute(query).fetchall())
        return bool(rows) and rows != sorted(database.execute(careless).fetchall())
