"""Names and things that stories are told with, each chosen for its language."""

from typing import Final

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "en": ("Amelia", "Ben", "Clara", "Daniel", "Erin", "Felix", "Grace", "Harriet", "Isaac", "Jonas", "Katie", "Liam",
           "Maya", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Samuel", "Tara", "Una", "Victor", "Wendy", "Yusuf",
           "Zoe", "Anton", "Beth", "Carlos", "Dora", "Edwin", "Fiona", "Gareth"),
    "zh": ("张伟", "李娜", "王芳", "刘洋", "陈静", "杨帆", "赵磊", "黄敏", "周杰", "吴婷", "徐浩", "孙丽", "马超",
           "朱琳", "胡斌", "郭颖", "何强", "林悦", "罗刚", "梁爽", "宋佳", "郑凯", "谢雨", "韩雪", "唐宁", "冯涛",
           "董洁", "程远", "曹阳", "袁梦", "邓超群", "许晴川"),
}  # fmt: skip
PLACES: Final[dict[str, tuple[str, ...]]] = {
    "en": ("Bristol", "Norwich", "Dundee", "Galway", "Bath", "Swansea", "York", "Exeter", "Derby", "Leeds", "Oxford",
           "Kendal"),
    "zh": ("苏州", "绍兴", "洛阳", "桂林", "青岛", "大理", "承德", "泉州", "敦煌", "景德镇", "宜昌", "威海"),
}  # fmt: skip
VEHICLES: Final[dict[str, tuple[str, ...]]] = {
    "en": ("train", "coach", "car", "motorbike", "bicycle"), "zh": ("高铁", "大巴", "自驾车", "摩托车", "顺风车"),
}  # fmt: skip
GIFTS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("a jar of honey", "a woollen scarf", "an old map", "a box of tea", "a wooden flute", "a silver spoon",
           "a clay pot", "a pocket watch"),
    "zh": ("一罐蜂蜜", "一条围巾", "一张旧地图", "一盒茶叶", "一支竹笛", "一把木梳", "一个陶罐", "一块怀表"),
}  # fmt: skip
THINGS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("red ball", "blue cup", "green book", "black key", "white stone", "yellow pen", "brown bag", "grey coin"),
    "zh": ("红球", "蓝杯子", "绿皮书", "黑钥匙", "白石子", "黄铅笔", "棕色包", "银币"),
}  # fmt: skip

_LAST_LINE: Final = {"en": " Give the number alone on the last line.", "zh": "请在最后一行只写出这个数。"}


def numbered(text: str, language: str) -> str:
    """A question with the form that its number is wanted in; else a good answer may end with another number."""
    return text + _LAST_LINE[language]


def joined(words: list[str], language: str) -> str:
    """``a, b and c`` or ``a、b和c``."""
    if len(words) < 2:
        return words[0] if words else ""
    return f"{', '.join(words[:-1])} and {words[-1]}" if language == "en" else f"{'、'.join(words[:-1])}和{words[-1]}"
