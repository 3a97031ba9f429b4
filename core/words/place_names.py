"""Names of places as they are compared: one script, one spelling."""

from __future__ import annotations

import re
import unicodedata

from core.words.characters import in_figures

# Traditional characters and variants that names of Hong Kong's places and buildings are made of,
# and the character that stands for each. Simplified forms are those of OpenCC's table.
_TRADITIONAL = (
    "來倉個們倫偉側偵傑備傳儀億儉償優儷劃劉劍勁動勛勝勞勢勳勵匯區協厭厲參吳員問啟喚喪喬單嘆國"
    "圍園圓圖團堅堯場塢塵墳墻墾壇壯壽夢夾奧奪奮婦媽嬌孫學實寧審寫寬寶將專尋對導屆層屬岡峯島峽"
    "崗嵐嶺嶼嶽巒帥師帶幣幫幹幾庫廈廟廠廣廬廳張強彌彎彙後徑從復徵恆悅愛慶憂憑應懷戰戲戶掃揚換"
    "損搖擁擇據擴攜攝數斷於昇時晉書會東條楊業極榮樁樂樓標樞樣樹橋橫檔檢檯權欖歐歡歲歷歸殘氣汙"
    "決況淚淨淵淺渾湯溈溝溫滙滬滾滿漁漢潔潛潤澤濟濤濰濱瀝灑灘灝灣災為烏無煙煥熱燈燒營燦爐爾牀"
    "牆狀獅獎獨獻現瑤瑩瑪環璽瓊瓏產畝畢畫異當疊療發監盤盧眾硤碩確碼磚礎礦祿禍禎禕禪禮稅種積穩"
    "穫窩窯竅競筆筍節範築簡簽籃籌籬粵糧紀約紅納紐純紗紙級紡細紹終組結絕絡給統絲綉經綜綠綫維綱"
    "網綵綺綾緊緒線緣編緯練緻縣縱總績織繞繡繪繼續纖羅羣羨義習聖聞聯聰聲職聽肅脈脫腦腳膠臨臺與"
    "興舉舊艦艷芻莊華萬葉蒼蓋蓮蔣蔭蕭薈薩藍藝蘆蘇蘭處虛號蝦蠔術衛裏裝裡複褲見規視親覺覽觀觸訂"
    "計訊託記訪設許訴診評詞試詩話詳語誠說課誼調談請諒論諸諾謀謝證護譽讀變讓豐貝負財貢貨貫責貴"
    "買費貿賀資賓賢質賬賴購賽贈贊贏趕趙躍車軍軒軟較載輋輔輕輝輪輯輸轉辦農進遊運過達違遠適選遺"
    "遼邁還邊鄉鄧鄭鄰鄺醫釀釋針釣鈞鈴鉅銀銅銘銳鋒鋼錄錢錦鍋鍵鎖鎮鏡鐘鐵鑄鑑鑼鑽長門閃閉開閑間"
    "閘閣閩闊關陣陰陳陸陽隊階際隨險隱隸雙雜離難雲電霧靄靈靜頂項順須頌預領頤頭題額顏願類顧顯風"
    "飛飯飲飾餘館饒馬馳駁駐駕駱駿騎騰驗驚驛鬆魚魯鮮鯉鰂鱲鱷鳥鳳鳴鴨鴻鵝鵬鶴鷄鷹鷺鸞鹹鹽麗麥黃"
    "點黨齊齋齡龍龐龔龜邨嘴啓銹龢崑"
)
_SIMPLIFIED = (
    "来仓个们伦伟侧侦杰备传仪亿俭偿优俪划刘剑劲动勋胜劳势勋励汇区协厌厉参吴员问启唤丧乔单叹国"
    "围园圆图团坚尧场坞尘坟墙垦坛壮寿梦夹奥夺奋妇妈娇孙学实宁审写宽宝将专寻对导届层属冈峰岛峡"
    "岗岚岭屿岳峦帅师带币帮干几库厦庙厂广庐厅张强弥弯汇后径从复征恒悦爱庆忧凭应怀战戏户扫扬换"
    "损摇拥择据扩携摄数断于升时晋书会东条杨业极荣桩乐楼标枢样树桥横档检台权榄欧欢岁历归残气污"
    "决况泪净渊浅浑汤沩沟温汇沪滚满渔汉洁潜润泽济涛潍滨沥洒滩灏湾灾为乌无烟焕热灯烧营灿炉尔床"
    "墙状狮奖独献现瑶莹玛环玺琼珑产亩毕画异当叠疗发监盘卢众硖硕确码砖础矿禄祸祯祎禅礼税种积稳"
    "获窝窑窍竞笔笋节范筑简签篮筹篱粤粮纪约红纳纽纯纱纸级纺细绍终组结绝络给统丝绣经综绿线维纲"
    "网彩绮绫紧绪线缘编纬练致县纵总绩织绕绣绘继续纤罗群羡义习圣闻联聪声职听肃脉脱脑脚胶临台与"
    "兴举旧舰艳刍庄华万叶苍盖莲蒋荫萧荟萨蓝艺芦苏兰处虚号虾蚝术卫里装里复裤见规视亲觉览观触订"
    "计讯托记访设许诉诊评词试诗话详语诚说课谊调谈请谅论诸诺谋谢证护誉读变让丰贝负财贡货贯责贵"
    "买费贸贺资宾贤质账赖购赛赠赞赢赶赵跃车军轩软较载𪨶辅轻辉轮辑输转办农进游运过达违远适选遗"
    "辽迈还边乡邓郑邻邝医酿释针钓钧铃巨银铜铭锐锋钢录钱锦锅键锁镇镜钟铁铸鉴锣钻长门闪闭开闲间"
    "闸阁闽阔关阵阴陈陆阳队阶际随险隐隶双杂离难云电雾霭灵静顶项顺须颂预领颐头题额颜愿类顾显风"
    "飞饭饮饰余馆饶马驰驳驻驾骆骏骑腾验惊驿松鱼鲁鲜鲤鲗𫚭鳄鸟凤鸣鸭鸿鹅鹏鹤鸡鹰鹭鸾咸盐丽麦黄"
    "点党齐斋龄龙庞龚龟村咀启锈和昆"
)
_ONE_SCRIPT = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
_ABBREVIATIONS = {
    "ave": "avenue",
    "bldg": "building",
    "blk": "block",
    "ct": "court",
    "ctr": "centre",
    "center": "centre",
    "est": "estate",
    "gdn": "garden",
    "gdns": "garden",
    "hse": "house",
    "mans": "mansion",
    "mt": "mount",
    "rd": "road",
    "st": "street",
    "twr": "tower",
}
_COUNTED = "(?=[座期楼号室层])"
"""What is counted in an address, in the one script: 十二座 and 第12座 are 12座."""
_TEENS = re.compile(f"(?<!百)([一二三四五六七八九]?)十([一二三四五六七八九]?){_COUNTED}")
# Where figures stand before, it was looked at from the first of them.
_ONE_BY_ONE = re.compile(f"(?<![〇零一二三四五六七八九])[〇零一二三四五六七八九]+{_COUNTED}")
_ORDINAL = re.compile(rf"第(?=\d+{_COUNTED})")
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"


def fold_place(text: str) -> str:
    """Return a text of places as it is compared.

    Small letters and digits as words parted by single spaces, abbreviations written out, plurals
    cut, and no “No.” before a number; Chinese characters in one script without spaces between them,
    the numbers of blocks, floors and houses in figures.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_ONE_SCRIPT)
    plain = re.sub(r"['’]", "", plain)
    words = re.findall(rf"[{_HAN}]|[^\W{_HAN}]+", plain)
    line = " ".join(_singular(_ABBREVIATIONS.get(word, word)) for word in words)
    line = re.sub(r"\bno (?=\d)", "", line)
    line = re.sub(rf"(?<=[{_HAN}]) (?=[{_HAN}0-9])|(?<=[0-9]) (?=[{_HAN}])", "", line)
    line = _TEENS.sub(lambda found: f"{in_figures(found[1]) or 1}{in_figures(found[2]) or 0}", line)
    line = _ONE_BY_ONE.sub(lambda found: in_figures(found[0]), line)
    return _ORDINAL.sub("", line)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") else word
