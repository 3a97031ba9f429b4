"""Well-known places of each district, and the district that an address lies in."""

from __future__ import annotations

import re
from functools import lru_cache

from core.district import District
from core.words.place_names import fold_place

# English names, then Chinese ones. Left out is what lies in two districts or means something else.
_PLACES: dict[District, tuple[str, str]] = {
    District.CENTRAL_AND_WESTERN: (
        "Sheung Wan, Sai Ying Pun, Kennedy Town, Shek Tong Tsui, Lan Kwai Fong, The Peak, Sai Wan"
        " Estate, Kwun Lung Lau, The Belchers, Mid-Levels West, Queens Road Central, Queens Road"
        " West, Des Voeux Road, Connaught Road Central, Hollywood Road, Caine Road, Robinson Road,"
        " Conduit Road, Bonham Road",
        "中環 上環 西環 西營盤 堅尼地城 石塘咀 金鐘 蘭桂坊 西半山 觀龍樓 寶翠園 皇后大道中"
        " 皇后大道西 德輔道 干諾道中 荷李活道 羅便臣道 干德道 般咸道",
    ),
    District.WAN_CHAI: (
        "Wan Chai, Causeway Bay, Happy Valley, Tai Hang, Jardines Lookout, Lai Tak Tsuen, Hennessy"
        " Road, Lockhart Road, Jaffe Road, Johnston Road, Gloucester Road, Queens Road East",
        "灣仔 銅鑼灣 跑馬地 大坑 渣甸山 勵德邨 軒尼詩道 駱克道 謝斐道 莊士敦道 告士打道 皇后大道東",
    ),
    District.EASTERN: (
        "North Point, Quarry Bay, Tai Koo, Tai Koo Shing, Sai Wan Ho, Shau Kei Wan, Chai Wan, Heng"
        " Fa Chuen, Siu Sai Wan, Fortress Hill, Braemar Hill, Kornhill, City Garden, Kings Road,"
        " Model Housing Estate, Oi Tung Estate, Yiu Tung Estate, Hing Tung Estate, Tsui Wan"
        " Estate, Wan Tsui Estate, Hing Wah Estate, Fung Wah Estate, Yue Wan Estate, Hing Man"
        " Estate",
        "北角 鰂魚涌 太古 太古城 西灣河 筲箕灣 柴灣 杏花邨 小西灣 炮台山 寶馬山 康怡花園 城市花園"
        " 英皇道 模範邨 愛東邨 耀東邨 興東邨 翠灣邨 環翠邨 興華邨 峰華邨 漁灣邨 興民邨 愛秩序灣",
    ),
    District.SOUTHERN: (
        "Aberdeen, Ap Lei Chau, Repulse Bay, Pok Fu Lam, Wong Chuk Hang, Tin Wan, Wah Fu Estate,"
        " Wah Kwai Estate, Deep Water Bay, Shek O, Tai Tam, Cyberport, South Horizons, Lei Tung"
        " Estate, Shek Pai Wan, Ma Hang Estate, Chi Fu Fa Yuen, Baguio Villa",
        "香港仔 鴨脷洲 赤柱 淺水灣 薄扶林 黃竹坑 田灣 華富邨 華貴邨 深水灣 石澳 大潭 數碼港"
        " 海怡半島 利東邨 石排灣 馬坑邨 置富花園 貝沙灣 碧瑤灣",
    ),
    District.YAU_TSIM_MONG: (
        "Yau Ma Tei, Tsim Sha Tsui, TST, Mong Kok, Jordan, Tai Kok Tsui, Nathan Road, Olympian"
        " City, Canton Road, Langham Place, Hoi Fu Court, Charming Garden, Kings Park, Portland"
        " Street, Shanghai Street, Temple Street, Reclamation Street, Chungking Mansions,"
        " Sorrento, Island Harbourview",
        "油麻地 尖沙咀 旺角 佐敦 大角咀 彌敦道 奧海城 廣東道 朗豪坊 海富苑 富榮花園 京士柏 砵蘭街"
        " 上海街 廟街 新填地街 重慶大廈 擎天半島 維港灣 柏景灣",
    ),
    District.SHAM_SHUI_PO: (
        "Sham Shui Po, Cheung Sha Wan, Lai Chi Kok, Mei Foo, Shek Kip Mei, Nam Cheong, Yau Yat"
        " Tsuen, So Uk, Lei Cheng Uk, Pak Tin Estate, Tai Hang Tung, Nam Shan Estate, Un Chau"
        " Estate, Fortune Estate, Hoi Lai Estate, Hoi Tat Estate, Fu Cheong Estate, Chak On"
        " Estate, Lai Kok Estate, Lai On Estate, Apliu Street",
        "深水埗 長沙灣 荔枝角 美孚 石硤尾 南昌 又一村 蘇屋 李鄭屋 白田邨 大坑東 南山邨 元州邨"
        " 幸福邨 海麗邨 海達邨 富昌邨 澤安邨 麗閣邨 麗安邨 鴨寮街 泓景臺 昇悅居 宇晴軒 碧海藍天",
    ),
    District.KOWLOON_CITY: (
        "Kowloon City, Hung Hom, To Kwa Wan, Ho Man Tin, Kowloon Tong, Whampoa, Kai Tak, Ma Tau"
        " Wai, Ma Tau Kok, Sung Wong Toi, Oi Man Estate, Lok Man Sun Chuen, Tak Long Estate, Kai"
        " Ching Estate, Ka Wai Chuen, Laguna Verde",
        "九龍城 紅磡 土瓜灣 何文田 九龍塘 黃埔 啟德 馬頭圍 馬頭角 宋皇臺 愛民邨 樂民新村 德朗邨"
        " 啟晴邨 家維邨 海逸豪園 真善美村 翔龍灣",
    ),
    District.WONG_TAI_SIN: (
        "Wong Tai Sin, Diamond Hill, Tsz Wan Shan, San Po Kong, Lok Fu, Wang Tau Hom, Choi Hung"
        " Estate, Choi Wan Estate, Tsz Ching Estate, Tsz Lok Estate, Tsz Man Estate, Chuk Yuen,"
        " Mei Tung Estate, Tung Tau Estate, Fu Shan Estate, Fung Tak Estate, Ngau Chi Wan, Choi"
        " Fai Estate, Sha Tin Pass, Rhythm Garden, Lung Poon Court",
        "黃大仙 鑽石山 慈雲山 新蒲崗 樂富 橫頭磡 彩虹邨 彩雲邨 慈正邨 慈樂邨 慈民邨 竹園 美東邨"
        " 東頭邨 富山邨 鳳德邨 牛池灣 彩輝邨 沙田坳 采頤花園 龍蟠苑",
    ),
    District.KWUN_TONG: (
        "Kwun Tong, Ngau Tau Kok, Lam Tin, Yau Tong, Lei Yue Mun, Sau Mau Ping, Shun Lee Estate,"
        " Kowloon Bay, Cha Kwo Ling, Lok Wah Estate, Tsui Ping Estate, Wo Lok Estate, Shun On"
        " Estate, Shun Tin Estate, Choi Ying Estate, Choi Tak Estate, Choi Fook Estate, On Tat"
        " Estate, On Tai Estate, Po Tat Estate, Hing Tin Estate, Tak Tin Estate, Kwong Tin Estate,"
        " Ping Tin Estate, Ko Yee Estate, Yau Lai Estate, Kai Yip Estate, Choi Ha Estate, Jordan"
        " Valley, Laguna City, Amoy Gardens, Telford Gardens, Richland Gardens, Sceneway Garden",
        "觀塘 牛頭角 藍田 油塘 鯉魚門 秀茂坪 順利邨 九龍灣 茶果嶺 樂華邨 翠屏邨 和樂邨 順安邨"
        " 順天邨 彩盈邨 彩德邨 彩福邨 安達邨 安泰邨 寶達邨 興田邨 德田邨 廣田邨 平田邨 高怡邨"
        " 油麗邨 啟業邨 彩霞邨 佐敦谷 麗港城 淘大花園 德福花園 麗晶花園 匯景花園",
    ),
    District.TSUEN_WAN: (
        "Tsuen Wan, Sham Tseng, Ting Kau, Ma Wan, Park Island, Lei Muk Shue, Fuk Loi Estate, Luk"
        " Yeung Sun Chuen, Cheung Shan Estate, Shek Wai Kok, Chai Wan Kok, Discovery Park,"
        " Belvedere Garden, Allway Gardens, Bellagio, Riviera Gardens",
        "荃灣 深井 汀九 馬灣 珀麗灣 梨木樹 福來邨 綠楊新邨 象山邨 石圍角 柴灣角 愉景新城 麗城花園"
        " 荃威花園 碧堤半島 海濱花園",
    ),
    District.TUEN_MUN: (
        "Tuen Mun, So Kwun Wat, Gold Coast, Siu Lam, Tai Lam, Lam Tei, Castle Peak Bay, Butterfly"
        " Estate, Tai Hing Estate, Yau Oi Estate, On Ting Estate, Shan King Estate, Leung King"
        " Estate, Tin King Estate, Kin Sang Estate, Po Tin Estate, Fu Tai Estate, Sam Shing, Wu"
        " King Estate, Siu Hong, Lung Yat Estate, Yan Tin Estate, Melody Garden",
        "屯門 掃管笏 黃金海岸 小欖 大欖 藍地 青山灣 蝴蝶邨 大興邨 友愛邨 安定邨 山景邨 良景邨"
        " 田景邨 建生邨 寶田邨 富泰邨 三聖邨 湖景邨 兆康 龍逸邨 欣田邨 美樂花園",
    ),
    District.YUEN_LONG: (
        "Yuen Long, Tin Shui Wai, Kam Tin, Pat Heung, San Tin, Lau Fau Shan, Hung Shui Kiu, Ping"
        " Shan, Long Ping, Shui Pin Wai, Shap Pat Heung, Mai Po, Lok Ma Chau, Tin Yiu Estate, Tin"
        " Shui Estate, Tin Tsz Estate, Tin Wah Estate, Tin Yat Estate, Tin Yan Estate, Tin Yuet"
        " Estate, Tin Chak Estate, Tin Heng Estate, Tin Ching Estate, Kingswood Villas, Fairview"
        " Park, Hung Fuk Estate",
        "元朗 天水圍 錦田 八鄉 新田 流浮山 洪水橋 屏山 朗屏 水邊圍 十八鄉 米埔 落馬洲 天耀邨"
        " 天瑞邨 天慈邨 天華邨 天逸邨 天恩邨 天悅邨 天澤邨 天恆邨 天晴邨 嘉湖山莊 錦綉花園 洪福邨"
        " 廈村",
    ),
    District.NORTH: (
        "Sheung Shui, Fanling, Sha Tau Kok, Ta Kwu Ling, Luen Wo Hui, Choi Yuen Estate, Tai Ping"
        " Estate, Tin Ping Estate, Ching Ho Estate, Cheung Wah Estate, Wah Ming Estate, Ka Fuk"
        " Estate, Wah Sum Estate, Queens Hill, Kwu Tung, Lo Wu, Man Kam To, Lung Yeuk Tau, Kat O",
        "上水 粉嶺 沙頭角 打鼓嶺 聯和墟 彩園邨 太平邨 天平邨 清河邨 祥華邨 華明邨 嘉福邨 華心邨"
        " 皇后山 古洞 羅湖 文錦渡 龍躍頭 吉澳",
    ),
    District.TAI_PO: (
        "Tai Po, Tai Wo Estate, Lam Tsuen, Fu Heng Estate, Fu Shin Estate, Kwong Fuk Estate, Wan"
        " Tau Tong, Tai Yuen Estate, Plover Cove, Tai Mei Tuk, Hong Lok Yuen, Ting Kok, Tai Po"
        " Kau, Wang Fuk Court, Sam Mun Tsai",
        "大埔 太和邨 林村 富亨邨 富善邨 廣福邨 運頭塘 大元邨 船灣 大美督 康樂園 汀角 大埔滘 宏福苑"
        " 三門仔 富蝶邨",
    ),
    District.SAI_KUNG: (
        "Sai Kung, Tseung Kwan O, TKO, Hang Hau, Po Lam, Tiu Keng Leng, LOHAS Park, Clear Water"
        " Bay, Ho Chung, Pak Sha Wan, Hau Tak Estate, Ming Tak Estate, Sheung Tak Estate, Kin Ming"
        " Estate, Choi Ming Court, Tsui Lam Estate, King Lam Estate, Metro City, Marina Cove",
        "西貢 將軍澳 坑口 寶琳 調景嶺 日出康城 清水灣 蠔涌 白沙灣 厚德邨 明德邨 尚德邨 健明邨"
        " 彩明苑 翠林邨 景林邨 新都城 匡湖居",
    ),
    District.SHA_TIN: (
        "Sha Tin, Tai Wai, Fo Tan, Ma On Shan, Wu Kai Sha, Shek Mun, City One, Siu Lek Yuen, Lek"
        " Yuen, Wo Che, Lung Hang Estate, Mei Lam Estate, Sun Chui Estate, Sun Tin Wai, Hin Keng,"
        " Chun Shek Estate, Jat Min Chuen, Pok Hong Estate, Sha Kok Estate, Kwong Yuen Estate, Yiu"
        " On Estate, Heng On Estate, Lee On Estate, Chung On Estate, Shui Chuen O, Mei Tin Estate,"
        " Tai Shui Hang, Sha Tin Wai, Royal Ascot, Festival City",
        "沙田 大圍 火炭 馬鞍山 烏溪沙 石門 第一城 小瀝源 瀝源 禾輋 隆亨邨 美林邨 新翠邨 新田圍"
        " 顯徑 秦石邨 乙明邨 博康邨 沙角邨 廣源邨 耀安邨 恆安邨 利安邨 頌安邨 水泉澳 美田邨 大水坑"
        " 沙田圍 駿景園",
    ),
    District.KWAI_TSING: (
        "Kwai Chung, Kwai Fong, Kwai Hing, Kwai Shing, Tsing Yi, Lai King, Tai Wo Hau, Lai Yiu"
        " Estate, Shek Lei, Shek Yam, On Yam Estate, Cheung Ching Estate, Cheung Hong Estate,"
        " Cheung Hang Estate, Cheung On Estate, Cheung Fat Estate, Cheung Wang Estate, Cho Yiu"
        " Chuen, Wah Lai Estate, Villa Esplanada, Tierra Verde, Wonderland Villas",
        "葵涌 葵芳 葵興 葵盛 青衣 荔景 大窩口 麗瑤邨 石籬 石蔭 安蔭邨 長青邨 長康邨 長亨邨 長安邨"
        " 長發邨 長宏邨 祖堯邨 華荔邨 翠怡花園 灝景灣 盈翠半島 華景山莊",
    ),
    District.ISLANDS: (
        "Tung Chung, Discovery Bay, Mui Wo, Cheung Chau, Lamma, Peng Chau, Tai O, Lantau, Yat"
        " Tung, Fu Tung Estate, Ying Tung Estate, Mun Tung Estate, Chek Lap Kok, Pui O, Ngong"
        " Ping, Yung Shue Wan, Sok Kwu Wan, Shek Mun Kap, Caribbean Coast, Coastal Skyline",
        "東涌 愉景灣 梅窩 長洲 南丫 坪洲 大澳 大嶼山 逸東 富東邨 迎東邨 滿東邨 赤鱲角 貝澳 昂坪"
        " 榕樹灣 索罟灣 石門甲 映灣園 藍天海岸",
    ),
}
# Names that are common words too: only where nothing else stands between the commas.
_ALONE = {
    "central": District.CENTRAL_AND_WESTERN,
    "western": District.CENTRAL_AND_WESTERN,
    "admiralty": District.CENTRAL_AND_WESTERN,
    "stanley": District.SOUTHERN,
    "prince edward": District.YAU_TSIM_MONG,
}

_ENGLISH = {
    fold_place(name): district
    for district, (names, _) in _PLACES.items()
    for name in (*names.split(","), f"{district.name_in('en')} District")
}
_CHINESE = {
    fold_place(name): district
    for district, (_, names) in _PLACES.items()
    for name in (*names.split(), district.name_in("zh_Hant_HK"))
}


def _any_of(names: dict[str, District]) -> str:
    """Return a pattern for any of the names, the longest first: Chai Wan Kok is not Chai Wan."""
    return "|".join(sorted(names, key=len, reverse=True))


# The words of an English name are often written as one: Shatin, Mongkok.
_ANYWHERE = re.compile(
    rf"\b(?P<en>{_any_of(_ENGLISH).replace(' ', ' ?')})\b|(?P<zh>{_any_of(_CHINESE)})", re.ASCII
)
_REGIONS = (
    *("hong kong", "hong kong island", "hk", "kowloon", "kln", "new territories", "nt"),
    *("香港", "香港島", "九龍", "九龙", "新界"),
)
"""As people write them, but for capitals and the full stops of N.T."""
_WIDE = re.compile(
    "(?:(?:"
    + "|".join(
        [
            *(fold_place(region) for region in ("island", *_REGIONS)),
            *(fold_place(each.name_in("en")) for each in District),
            *(f"{fold_place(each.name_in('zh_Hant_HK'))[:-1]}区?" for each in District),
        ]
    )
    + r")\s*)+"
)
_AND_STREET = re.compile(r" (?:road|street|avenue|lane|path|drive|highway)\b|[道路街里]|公路")
_BY_LETTERS = {name.replace(" ", ""): district for name, district in _ENGLISH.items()}


@lru_cache(maxsize=1024)
def district_in(text: str) -> District | None:
    """Return the district that a text names, or one whose places it names.

    None where nothing is known or two districts are named. A street that is called after a place
    says nothing: Tai Po Road begins in Sham Shui Po.
    """
    folded = fold_place(text)
    named = {
        _BY_LETTERS[match["en"].replace(" ", "")] if match["en"] else _CHINESE[match["zh"]]
        for match in _ANYWHERE.finditer(folded)
        if not _AND_STREET.match(folded, match.end())
    }
    alone = (_ALONE.get(fold_place(part)) for part in re.split(r"[,;\n，、]", text))
    named |= {district for district in alone if district}
    return named.pop() if len(named) == 1 else None


def is_place(text: str) -> bool:
    """Tell whether a text is the Chinese name of a place that is known here, and nothing else."""
    folded = fold_place(text)
    return folded in _CHINESE or f"{folded}区" in _CHINESE


def is_region(text: str) -> bool:
    """Tell whether a text is the name of one of the city's regions, and nothing else."""
    return text.replace(".", "").casefold() in _REGIONS


def is_wide(text: str) -> bool:
    """Tell whether a text names districts and regions of the city, and nothing in them."""
    return _WIDE.fullmatch(fold_place(text)) is not None
