"""Words that a disturbance never touches, slips that it may put in place of others, and sentences around a text."""

from typing import Final

KEPT: Final = frozenset([
    "about", "above", "across", "after", "again", "against", "ahead", "along", "already", "always", "among", "another",
    "anybody", "anyone", "anything", "anywhere", "around", "away", "before", "behind", "below", "beneath", "beside",
    "besides", "between", "beyond", "bigger", "billion", "bottom", "cannot", "center", "centre", "clockwise",
    "correct", "could", "different", "direction", "divided", "double", "downward", "during", "earlier", "earliest",
    "early", "eight", "eighteen", "eighteenth", "eighth", "eighty", "either", "eleven", "eleventh", "else", "equal",
    "equals", "even", "every", "everybody", "everyone", "everything", "except", "false", "fewer", "fewest", "fifteen",
    "fifteenth", "fifth", "fifty", "first", "five", "former", "forty", "four", "fourteen", "fourteenth", "fourth",
    "greater", "greatest", "half", "hardly", "higher", "highest", "hundred", "incorrect", "inside", "instead", "large",
    "larger", "largest", "last", "late", "later", "latest", "latter", "least", "left", "less", "lesser", "longer",
    "longest", "lower", "lowest", "many", "middle", "might", "million", "minus", "mirror", "more", "most", "must",
    "negative", "neither", "never", "next", "nine", "nineteen", "ninety", "ninth", "nobody", "none", "nothing",
    "nowhere", "number", "odd", "once", "only", "opposite", "other", "others", "otherwise", "outside", "over",
    "percent", "plus", "positive", "prime", "quarter", "rarely", "right", "same", "second", "seldom", "seven",
    "seventeen", "seventh", "seventy", "several", "shall", "shorter", "shortest", "should", "since", "single",
    "sixteen", "sixth", "sixty", "small", "smaller", "smallest", "some", "somebody", "someone", "something",
    "sometimes", "square", "than", "their", "them", "then", "there", "these", "they", "third", "thirteen", "thirty",
    "this", "those", "thousand", "three", "through", "times", "today", "together", "tomorrow", "total", "toward",
    "towards", "triple", "true", "twelfth", "twelve", "twentieth", "twenty", "twice", "under", "unless", "unlike",
    "until", "upper", "upward", "usually", "value", "were", "what", "when", "where", "whether", "which", "while",
    "whole", "whose", "will", "with", "within", "without", "would", "wrong", "yesterday", "zero",
])  # fmt: skip
"""Words of number, order, place, time, negation and comparison; and those that other words are made of by one slip."""

ANOTHER: Final = frozenset([
    "angel", "angle", "bared", "barred", "bating", "batting", "beard", "beats", "being", "betas", "bidding", "biding",
    "board", "books", "bother", "brain", "bread", "bring", "broad", "brother", "brunt", "burnt", "cable", "calm",
    "caned", "canned", "caper", "carol", "carve", "casual", "causal", "chef", "chief", "choose", "chose", "claim",
    "clam", "click", "clicks", "clime", "clock", "clocks", "clone", "coma", "comma", "complaint", "compliant",
    "confirmed", "conformed", "conserve", "converse", "copper", "coral", "count", "court", "crate", "crave", "cuter",
    "cutter", "dairy", "danger", "decide", "decides", "decode", "decodes", "desert", "dessert", "diary", "diner",
    "dinner", "doted", "dotted", "dwell", "earth", "except", "expect", "fiber", "field", "filed", "filing", "filling",
    "filly", "finer", "flier", "flood", "floor", "form", "fried", "from", "furry", "fury", "gander", "gaol", "gird",
    "goal", "grain", "grid", "griped", "gripped", "growth", "hater", "hatter", "heard", "heart", "hearth", "holly",
    "holy", "honey", "hoping", "hopping", "horse", "hours", "house", "infarction", "infraction", "input", "later",
    "latest", "latter", "light", "lives", "loam", "loan", "loose", "lose", "loses", "losses", "loves", "major",
    "manor", "marital", "martial", "mated", "matted", "medal", "metal", "money", "month", "moped", "mopped", "mouse",
    "mouth", "night", "nuclear", "parental", "perfect", "pined", "pinned", "planed", "planned", "plating", "platting",
    "pound", "power", "prefect", "probably", "probe", "probed", "probing", "prone", "proud", "provably", "prove",
    "proved", "proving", "quiet", "quite", "rated", "ratted", "reach", "reserve", "retired", "retried", "reverse",
    "right", "robbed", "robed", "round", "sacred", "salve", "scared", "scarred", "scraped", "scrapped", "shade",
    "shape", "share", "shore", "shrink", "shrunk", "sight", "signed", "silver", "singed", "slave", "sliver", "sloped",
    "slopped", "sniped", "sniper", "snipped", "sound", "sprite", "stale", "staple", "stared", "starred", "stars",
    "stated", "stats", "stayed", "steal", "stick", "stock", "stone", "store", "story", "string", "striped", "stripped",
    "strong", "study", "sturdy", "super", "supper", "table", "taken", "taped", "tapped", "teach", "thing", "think",
    "three", "tiled", "tinny", "tiny", "tired", "titled", "token", "tower", "track", "trail", "train", "tree", "trial",
    "tried", "truck", "trust", "tubbing", "tubing", "unclear", "unite", "united", "unsanitary", "untie", "untied",
    "wafer", "wandered", "water", "white", "wiles", "wined", "winning", "world", "would", "write", "wroth", "yearn",
    "young",
])  # fmt: skip
"""Words that are one slip away from another word: neither is disturbed, nor made."""

SOUNDS: Final = {
    "which": "witch", "would": "wood", "their": "there", "here": "hear", "through": "threw", "knew": "new",
    "allowed": "aloud", "passed": "past", "week": "weak", "great": "grate", "been": "bean", "your": "you're",
    "whose": "who's", "meet": "meat", "buy": "by", "whether": "weather", "where": "wear", "seen": "scene",
    "made": "maid", "find": "fined", "seem": "seam", "be": "bee", "so": "sew", "him": "hymn", "in": "inn", "too": "to",
    "course": "coarse", "you're": "your", "it's": "its",
}  # fmt: skip
"""English words, and others of the same sound."""

PINYIN: Final = {
    "请问": "情问", "下列": "下裂", "因为": "音为", "所以": "索以", "如果": "如过", "但是": "但师", "我们": "我门",
    "他们": "塔们", "回答": "回搭", "选择": "选则", "正确": "正缺", "应该": "硬该", "需要": "须药", "时候": "是候",
    "已经": "已精", "知道": "之道", "告诉": "高诉", "根据": "跟具", "使用": "使佣", "学生": "雪生", "朋友": "盆友",
    "时间": "时见", "地方": "低方", "东西": "冬西", "公司": "工司", "什么": "神马", "问题": "文题", "关于": "官于",
    "进行": "近行", "准备": "准被", "结果": "节果", "发现": "发先", "计算": "计酸", "题目": "提木", "情况": "请况",
    "开始": "开时", "座位": "坐卫", "交换": "叫唤", "发生": "发声", "属于": "属鱼", "表示": "标示", "可能": "可嫩",
    "商店": "上店", "价格": "加格", "便宜": "便以", "老师": "老失", "必须": "必需",
}  # fmt: skip
"""Chinese words, and what comes of the same pinyin, or of one with a key missed."""

HOMOPHONES: Final = {
    "请问": "请闻", "问题": "问提", "回答": "回达", "选择": "选泽", "正确": "正却", "时候": "时侯", "根据": "跟据",
    "已经": "以经", "因为": "因位", "如果": "如裹", "关于": "关与", "部分": "部份", "需要": "须要", "知道": "知到",
    "题目": "题木", "现在": "现再", "正在": "正再", "座位": "坐位", "进行": "进形", "结果": "节果", "发现": "发线",
    "计算": "计蒜", "情况": "情矿", "交换": "交焕", "发生": "发升", "朋友": "朋有", "公司": "公丝", "学生": "学声",
    "便宜": "便移", "时间": "时尖", "地方": "地坊", "表示": "表式", "属于": "属与", "商店": "商电", "价格": "价阁",
    "下列": "下烈", "应该": "应改", "使用": "使佣", "什么": "甚么", "必须": "必需",
}  # fmt: skip
"""Chinese words, and others of the same sound, whatever the tone."""

DOUBLED: Final = {
    "请问": "请问问", "问题": "问题题", "下列": "下下列", "回答": "回回答", "选择": "选选择", "正确": "正正确",
    "因为": "因为为", "如果": "如如果", "但是": "但是是", "什么": "什什么", "应该": "应应该", "已经": "已已经",
    "知道": "知知道", "根据": "根根据", "需要": "需需要", "时候": "时时候", "关于": "关关于", "进行": "进进行",
    "结果": "结结果", "计算": "计计算", "座位": "座座位", "交换": "交换换", "发生": "发发生", "我们": "我我们",
    "使用": "使使用", "时间": "时间间", "地方": "地地方", "东西": "东西西", "朋友": "朋友友", "公司": "公公司",
    "学生": "学生生", "发现": "发发现", "题目": "题题目", "情况": "情情况", "属于": "属于于", "表示": "表表示",
}  # fmt: skip
"""Chinese words with a character typed twice."""

ASIDES: Final = {
    "en": ("By the way, the coffee machine in the hall is out of order.",
           "My neighbour has just bought a green bicycle.",
           "It has been raining here for a while.", "The choir is looking for a tenor, as you may have heard.",
           "Incidentally, the old cinema is to be pulled down.", "My sister says hello, by the way."),
    "zh": ("顺便说一句，走廊里的咖啡机坏了。", "邻居家新买了一辆绿色的自行车。", "这边最近一直在下雨。",
           "合唱队正在招男高音。", "听说老电影院要拆了。", "对了，我姐姐托我向你问好。"),
}  # fmt: skip
"""Sentences that have nothing to do with a question, without numbers, dates and names."""

HIDDEN: Final = {"en": ("banana", "purple", "umbrella"), "zh": ("香蕉", "紫色", "雨伞")}
"""What a planted order asks for."""
