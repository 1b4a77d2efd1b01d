"""Words of which prompts are made: common, harmless, and one token each in most vocabularies (recalled)."""

from typing import Final

_NOUNS: Final = """
action activity age air animal apple area arm art attention baby bag ball bank bed bird blue board boat body book
bottom box bread bridge brother building business car case cat center chair chance change circle city class clock
cloud coat coffee college color company computer control corner cost course culture cup dance data daughter decision
desk development difference director doctor dog door east education effect effort egg end energy event experience eye
face fact farm father field figure film fish flower foot force forest form friend front fruit game garden glass grass
green ground hair hat head health heart history home horse hotel hour house idea image industry interest interview
island issue job key kind kitchen lake lamp land leaf letter level light line look love machine map market matter meat
member middle milk mind minute moment money month moon morning mother mountain movie music name need news night north
number ocean office oil opportunity organization page paint paper parent part period person phone picture piece place
plan plane player point position power practice price process product program project question rain rate reason record
red relationship report research rest result rice ring river road role room salt sand season sense service shape share
ship shirt shoe show side sister site situation sky snow society song source south space spring square star step stone
story street study sugar summer sun system table teacher team test top town train tree type use value view voice wall
watch water week west wheel wind window winter word work worker
"""

ENGLISH: Final = tuple(_NOUNS.split())

CHINESE: Final = tuple(
    "天地人山水火木土日月星云雨雪风花草树林石河海湖江船车马牛羊鱼鸟虫竹米茶饭菜果瓜豆麦田园村城市街路桥门窗房屋楼台灯笔纸书画字诗歌舞"
    "琴棋球声色光影早晚春夏秋冬东西南北上下左右前后里外大小多少高低长短新旧轻重快慢冷热明亮红黄蓝绿青白紫金银铜铁玉布衣帽鞋包箱盒杯碗"
    "盘刀尺针线绳网钟表镜床桌椅柜学生老师友朋父母兄弟姐妹家国年时分秒今昨每周期走跑跳坐站看听说读写问答想做来去进出开关买卖送给拿放用"
    "工作农商事物理化数文史音乐体美心手足头目口耳鼻面身力气名号言语句词段章页本张条件只个块片点角圆方平直正反真好和安喜静清香甜酸咸软"
)
