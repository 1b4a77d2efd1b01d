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
_KINDS: Final = {
    "en": {
        "sum": "For each city, give the city and the total number of pieces sold of {word}, counting only sales at a "
               "price of "
               "{price} or more. Leave out cities without such a sale.",
        "above": "List the names of the sellers whose sales (pieces times price, over all goods) come to more than "
                 "{limit}.",
        "never": "List the names of the sellers who never sold {few} or more pieces of {word} at once.",
        "top": "For each city, give the city and the largest number of pieces in a single sale there at a price below "
               "{price}. Leave out cities without such a sale.",
        "kinds": "For each seller with sales of {few} or more pieces, give the name and the number of different "
                 "goods in "
                 "those sales.",
    },
    "zh": {
        "sum": "按城市列出“{word}”的总销量（件数之和），只计单价不低于{price}的销售，给出城市和总件数；"
               "没有这类销售的城市不列。",
        "above": "列出销售额（各笔件数乘以单价之和，不分商品）超过{limit}的销售员姓名。",
        "never": "列出从未一次卖出过{few}件或更多“{word}”的销售员姓名。",
        "top": "只看单价低于{price}的销售，按城市列出单笔最大件数，给出城市和该件数；没有这类销售的城市不列。",
        "kinds": "只看单笔不少于{few}件的销售，列出有这类销售的每位销售员的姓名和他在其中卖过的商品种数。",
    },
}  # fmt: skip
_QUERIES: Final = {
    "sum": "SELECT s.city, SUM(t.{n}) FROM sales t JOIN sellers s ON s.id = t.seller "
           "WHERE t.{good} = '{word}' AND t.{cost} >= {price} GROUP BY s.city",
    "above": "SELECT s.name FROM sellers s JOIN sales t ON t.seller = s.id GROUP BY s.id, s.name "
             "HAVING SUM(t.{n} * t.{cost}) > {limit}",
    "never": "SELECT name FROM sellers WHERE id NOT IN "
             "(SELECT seller FROM sales WHERE {good} = '{word}' AND {n} >= {few})",
    "top": "SELECT s.city, MAX(t.{n}) FROM sales t JOIN sellers s ON s.id = t.seller WHERE t.{cost} < {price} "
           "GROUP BY s.city",
    "kinds": "SELECT s.name, COUNT(DISTINCT t.{good}) FROM sales t JOIN sellers s ON s.id = t.seller "
             "WHERE t.{n} >= {few} GROUP BY s.id, s.name",
}  # fmt: skip
_COLUMNS: Final = {"n": ("pieces", "quantity", "amount", "sold"), "cost": ("price", "unit_price", "each_at", "rate"),
                   "good": ("good", "product", "article", "ware")}  # fmt: skip


@dataclass(frozen=True)
class SqlQuery:
    """Two tables that must be joined; the right rows are those of the reference query.

    Attributes:
        sellers: rows of the first table.
        sales: rows of the second.
    """

    sellers: Annotated[int, Meta(ge=3, le=12)] = 6
    sales: Annotated[int, Meta(ge=5, le=60)] = 18

    dimension: ClassVar[str] = "code"
    skill: ClassVar[str] = "querying_data"
    instrument: ClassVar[str] = "code.sql_result"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        kind, words = self._drawn(rng, language)
        tables = ("CREATE TABLE sellers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);\n"
                  "CREATE TABLE sales (id INTEGER PRIMARY KEY, seller INTEGER, {good} TEXT, {n} INTEGER, {cost} "
                  "INTEGER);"
                  ).format(**words)  # fmt: skip
        query = _QUERIES[kind].format(**words)
        setup = self._filled(rng, language, tables)
        while not _has_rows(setup, query):  # or a query that finds nothing at all would be right
            setup = self._filled(rng, language, tables)
        asked = _KINDS[language][kind].format(**words)
        if language == "en":
            text = ("A SQLite database has these tables:\n\n```sql\n{tables}\n```\n\nEach row of sales is one sale: "
                    "seller is the ")
            text += ("id of the seller, {good} is what was sold (such as {word}), {n} is the number of pieces, and "
                     "{cost} is the ")
            text += "price of one piece.\n\n{asked} Answer with one SQL query."
        else:
            text = ("某 SQLite 数据库有以下两张表：\n\n```sql\n{tables}\n```\n\nsales 的每一行是一笔销售：seller "
                    "是销售员的 id，")
            text += "{good} 是商品名（例如“{word}”），{n} 是件数，{cost} 是单价。\n\n{asked}请用一条 SQL 查询作答。"
        text = text.format(tables=tables, asked=asked, **words)
        return item(self, language, text, {"setup": setup, "query": query})

    def _filled(self, rng: Random, language: str, tables: str) -> str:
        names, cities = rng.sample(NAMES[language], self.sellers), rng.sample(PLACES[language], 3)
        people = ", ".join(f"({n}, '{name}', '{pick(rng, cities)}')" for n, name in enumerate(names, 1))
        rows = [f"({n}, {between(rng, 1, self.sellers)}, '{pick(rng, _GOODS[language])}', {between(rng, 1, 30)}, "
                f"{between(rng, 2, 12)})" for n in range(1, self.sales + 1)]  # fmt: skip
        return f"{tables}\nINSERT INTO sellers VALUES {people};\nINSERT INTO sales VALUES {', '.join(rows)};"

    def answer(self, rng: Random, language: str) -> str:
        """The reference query."""
        kind, words = self._drawn(rng, language)
        return f"```sql\n{_QUERIES[kind].format(**words)}\n```"

    def _drawn(self, rng: Random, language: str) -> tuple[str, dict[str, Any]]:
        kind = pick(rng, tuple(_QUERIES))
        words: dict[str, Any] = {name: pick(rng, columns) for name, columns in _COLUMNS.items()}
        words |= {"word": pick(rng, _GOODS[language]), "price": between(rng, 3, 11), "few": between(rng, 5, 25),
                  "limit": between(rng, 1, 30) * 10}  # fmt: skip
        return kind, words


def _has_rows(setup: str, query: str) -> bool:
    """Whether a query of our own gives any rows."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(setup)
        return database.execute(query).fetchone() is not None
