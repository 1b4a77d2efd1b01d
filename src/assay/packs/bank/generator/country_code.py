"""Codes of countries."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import item, pick
from assay.vocabulary.material import Item

COUNTRIES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("Austria", "奥地利", "AT", "AUT"), ("Australia", "澳大利亚", "AU", "AUS"), ("Switzerland", "瑞士", "CH", "CHE"),
    ("Germany", "德国", "DE", "DEU"), ("Denmark", "丹麦", "DK", "DNK"), ("Spain", "西班牙", "ES", "ESP"),
    ("Sweden", "瑞典", "SE", "SWE"), ("Slovakia", "斯洛伐克", "SK", "SVK"), ("Slovenia", "斯洛文尼亚", "SI", "SVN"),
    ("Estonia", "爱沙尼亚", "EE", "EST"), ("Latvia", "拉脱维亚", "LV", "LVA"), ("Lithuania", "立陶宛", "LT", "LTU"),
    ("Iceland", "冰岛", "IS", "ISL"), ("Ireland", "爱尔兰", "IE", "IRL"), ("India", "印度", "IN", "IND"),
    ("Indonesia", "印度尼西亚", "ID", "IDN"), ("Chile", "智利", "CL", "CHL"), ("China", "中国", "CN", "CHN"),
    ("Colombia", "哥伦比亚", "CO", "COL"), ("Croatia", "克罗地亚", "HR", "HRV"), ("Cambodia", "柬埔寨", "KH", "KHM"),
    ("Kenya", "肯尼亚", "KE", "KEN"), ("Portugal", "葡萄牙", "PT", "PRT"), ("Poland", "波兰", "PL", "POL"),
    ("South Africa", "南非", "ZA", "ZAF"), ("Morocco", "摩洛哥", "MA", "MAR"), ("Mexico", "墨西哥", "MX", "MEX"),
    ("Malaysia", "马来西亚", "MY", "MYS"), ("Mongolia", "蒙古", "MN", "MNG"), ("Algeria", "阿尔及利亚", "DZ", "DZA"),
    ("Ukraine", "乌克兰", "UA", "UKR"), ("Greece", "希腊", "GR", "GRC"), ("Hungary", "匈牙利", "HU", "HUN"),
    ("Japan", "日本", "JP", "JPN"), ("Jordan", "约旦", "JO", "JOR"), ("Zambia", "赞比亚", "ZM", "ZMB"),
    ("Nigeria", "尼日利亚", "NG", "NGA"), ("Niger", "尼日尔", "NE", "NER"), ("Nepal", "尼泊尔", "NP", "NPL"),
    ("Norway", "挪威", "NO", "NOR"), ("New Zealand", "新西兰", "NZ", "NZL"), ("Peru", "秘鲁", "PE", "PER"),
    ("Paraguay", "巴拉圭", "PY", "PRY"), ("Uruguay", "乌拉圭", "UY", "URY"), ("Egypt", "埃及", "EG", "EGY"),
    ("Madagascar", "马达加斯加", "MG", "MDG"), ("Mauritania", "毛里塔尼亚", "MR", "MRT"), ("Chad", "乍得", "TD", "TCD"),
    ("Thailand", "泰国", "TH", "THA"), ("Cuba", "古巴", "CU", "CUB"), ("Bulgaria", "保加利亚", "BG", "BGR"),
    ("Romania", "罗马尼亚", "RO", "ROU"), ("Serbia", "塞尔维亚", "RS", "SRB"), ("Georgia", "格鲁吉亚", "GE", "GEO"),
    ("Kazakhstan", "哈萨克斯坦", "KZ", "KAZ"), ("Iraq", "伊拉克", "IQ", "IRQ"), ("Oman", "阿曼", "OM", "OMN"),
    ("Angola", "安哥拉", "AO", "AGO"), ("Armenia", "亚美尼亚", "AM", "ARM"), ("Azerbaijan", "阿塞拜疆", "AZ", "AZE"),
    ("Benin", "贝宁", "BJ", "BEN"), ("Bhutan", "不丹", "BT", "BTN"), ("Botswana", "博茨瓦纳", "BW", "BWA"),
    ("Burundi", "布隆迪", "BI", "BDI"), ("Comoros", "科摩罗", "KM", "COM"), ("Djibouti", "吉布提", "DJ", "DJI"),
    ("Dominica", "多米尼克", "DM", "DMA"), ("Eswatini", "斯威士兰", "SZ", "SWZ"), ("Gabon", "加蓬", "GA", "GAB"),
    ("Grenada", "格林纳达", "GD", "GRD"), ("Guyana", "圭亚那", "GY", "GUY"), ("Kiribati", "基里巴斯", "KI", "KIR"),
    ("Lesotho", "莱索托", "LS", "LSO"), ("Malawi", "马拉维", "MW", "MWI"), ("Maldives", "马尔代夫", "MV", "MDV"),
    ("Mali", "马里", "ML", "MLI"), ("Malta", "马耳他", "MT", "MLT"), ("Mauritius", "毛里求斯", "MU", "MUS"),
    ("Montenegro", "黑山", "ME", "MNE"), ("Mozambique", "莫桑比克", "MZ", "MOZ"), ("Samoa", "萨摩亚", "WS", "WSM"),
    ("Suriname", "苏里南", "SR", "SUR"), ("Tuvalu", "图瓦卢", "TV", "TUV"), ("Vanuatu", "瓦努阿图", "VU", "VUT"),
    ("Zimbabwe", "津巴布韦", "ZW", "ZWE"),
)  # fmt: skip


@dataclass(frozen=True)
class CountryCode:
    """Codes of ISO 3166-1; two countries at once, since a single one is quickly used up.

    Attributes:
        countries: how many countries one item asks for.
    """

    countries: Annotated[int, Meta(ge=1, le=8)] = 2

    dimension: ClassVar[str] = "knowledge"
    skill: ClassVar[str] = "geography_codes"
    instrument: ClassVar[str] = "general.exact"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        chosen = rng.sample(COUNTRIES, self.countries)
        column = pick(rng, (2, 3))
        codes = [country[column] for country in chosen]
        many = self.countries > 1
        if language == "en":
            names = ", ".join(country[0] for country in chosen)
            text = f"Give the ISO 3166-1 alpha-{column} code{'s' if many else ''} of: {names}."
            text += " Write only the codes, in this order, in capitals, with one space between them." if many else \
                " Write only the code, in capitals."  # fmt: skip
        else:
            length = f"ISO 3166-1 {'两' if column == 2 else '三'}位字母代码"
            names = "、".join(country[1] for country in chosen)
            text = f"请写出以下国家的 {length}：{names}。" if many else f"{names}的 {length}是什么？"
            text += "只写代码，按所列顺序用大写字母书写，代码之间空一格。" if many else "只写代码，用大写字母。"
        return item(self, language, text, " ".join(codes), ("source:ISO 3166-1",))
