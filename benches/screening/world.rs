//! Names to screen: as customers have them, as lists have them, and put together of halves of the latter. Seeded, so that
//! every run asks about the same.

use std::collections::BTreeSet;

use super::random::Random;

/// Names of a set.
pub const NAMES: usize = 20_000;

fn below(random: &mut Random, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap()
}

/// Any one of the words.
fn one<'a>(random: &mut Random, words: &'a str) -> &'a str {
    let at = below(random, words.split_whitespace().count());
    words.split_whitespace().nth(at).unwrap()
}

/// Any one of them so often in a hundred, else none.
fn some<'a>(random: &mut Random, percent: u64, words: &'a str) -> &'a str {
    if random.in_hundred(percent) { one(random, words) } else { "" }
}

const PLAIN: &str = "Blue River North Star Green Stone Silver Oak Bright Harbor Summit Cedar Red Fox Maple Iron Bridge \
    Clear Water Golden Gate Eagle Lake Forest Sky High Point Cross Field Park Hill Valley Sun Moon Light House Black Rock \
    White Wolf Bear Creek Ocean Wave Coral Pine Crystal Delta Alpha Omega Nova Prime Apex Vertex Quantum Fusion Orbit \
    Pulse Spark Echo Beacon Compass Anchor Atlas Titan Phoenix Falcon Raven Lotus Willow Aspen Birch Meadow Canyon Mesa \
    Horizon Zenith Pinnacle Liberty Heritage Pioneer Frontier Patriot Union Central Coastal Inland Arctic Solar Lunar";
const TRADES: &str = "Software Consulting Logistics Capital Partners Media Studios Foods Health Energy Robotics Analytics \
    Bank Insurance Solutions Systems Networks Security Labs Games Design Marketing Foundation Biotech Pharma Automotive \
    Aerospace Semiconductor Electronics Textiles Steel Mining Shipping Airlines Travel Hotels Education Research Telecom \
    Cloud Data Digital Interactive Ventures Holdings Group Technologies Services Industries Trading Engineering \
    Construction Properties Retail Apparel Furniture Packaging Chemicals Plastics Optics Instruments Medical Diagnostics";
const FORMS: &str =
    "Inc. LLC Ltd Limited Corp. Corporation Co. GmbH AG S.A. SAS B.V. AB Oy A/S S.p.A. S.r.l. Pty PLC LLP";
const FAMILIES: &str = "Smith Johnson Miller Davis Garcia Wilson Anderson Taylor Thomas Moore Martin Lee Thompson Harris \
    Clark Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Adams Nelson Baker Hall Rivera \
    Campbell Mitchell Carter Roberts Hansen Larsen Schmidt Schneider Fischer Weber Meyer Wagner Becker Rossi Ferrari \
    Dubois Moreau Laurent Novak Kowalski Nowak Horvat Petrov Ivanov Yilmaz Kaya Demir Khan Ahmed Hussain Patel Sharma \
    Singh Gupta Tanaka Suzuki Sato Kim Park Choi Okafor Mensah Silva Santos Oliveira Pereira Costa Almeida Lopez";
const CITIES: &str = "Beijing Shanghai Shenzhen Guangzhou Hangzhou Suzhou Nanjing Wuhan Chengdu Xi'an Tianjin Qingdao \
    Dalian Hefei Wuxi Dongguan Zhuhai Xiamen Changsha Ningbo Jinan Harbin Chongqing Fuzhou Kunshan";
const SYLLABLES: &str = "hua xin tai rui kai bo hong jia heng sheng long tong yuan fei ming zhi lian hai tian zhong da \
    feng chuang ke wei yi an ning bai qing lan xing chen guang mei wan shun he jin li run dong fang nuo ze yu hao";
const HAN_CITIES: &str = "北京 上海 深圳 广州 杭州 苏州 南京 武汉 成都 西安 天津 青岛 合肥 无锡 东莞";
const HAN: &str =
    "华 信 泰 瑞 凯 博 宏 嘉 恒 盛 隆 通 源 飞 明 智 联 海 天 中 达 丰 创 科 维 亿 安 宁 百 青 蓝 星 辰 光 美 万 顺";
const HAN_TRADES: &str =
    "科技 电子 信息技术 网络科技 贸易 实业 软件 机械设备 生物医药 新能源 文化传媒 物流 半导体 智能科技 投资";
const BEGINNINGS: &str = "zen nor vel kor lum tri syn opt cal mer dyn flex gen hex ion jet kin lex mor nex orb pax quil rev \
    sol ter ulti vor wex xan yal zor bri cle dro fra gli hum inn jol";
const ENDINGS: &str =
    "tra vio lux ix ara ent ova eon ity ica ora ium ex os ado ello ify ista ax ero ana une ola ura is";
const PUBLIC: &str = "University College School Hospital Museum Library Council County Church Institute Academy Clinic";
const CYRILLIC: &str =
    "Новые Северный Восток Строй Технологии Торг Инвест Альфа Вектор Импульс Горизонт Сервис Прогресс";

fn large(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A name nobody bears, of the sort customers' files hold.
fn invented(random: &mut Random) -> String {
    let brand = |random: &mut Random| large(&(one(random, BEGINNINGS).to_owned() + one(random, ENDINGS)));
    let parts: Vec<String> = match below(random, 100) {
        0..24 => [one(random, PLAIN), some(random, 60, PLAIN), one(random, TRADES), some(random, 70, FORMS)]
            .map(str::to_owned)
            .into(),
        24..36 => [
            one(random, FAMILIES),
            some(random, 40, "& and"),
            one(random, FAMILIES),
            some(random, 50, TRADES),
            some(random, 50, FORMS),
        ]
        .map(str::to_owned)
        .into(),
        36..56 => {
            let name =
                large(&(one(random, SYLLABLES).to_owned() + one(random, SYLLABLES) + some(random, 20, SYLLABLES)));
            let city = some(random, 80, CITIES).to_owned();
            let form = ["Co., Ltd.", "Co., Ltd", "Technology Co., Ltd.", "Limited"][below(random, 4)].to_owned();
            vec![city, name, one(random, TRADES).to_owned(), some(random, 40, TRADES).to_owned(), form]
        }
        56..66 => {
            let form = ["有限公司", "股份有限公司", "有限责任公司"][below(random, 3)];
            vec![
                some(random, 80, HAN_CITIES).to_owned()
                    + one(random, HAN)
                    + one(random, HAN)
                    + some(random, 30, HAN)
                    + one(random, HAN_TRADES)
                    + form,
            ]
        }
        66..86 => vec![
            brand(random),
            some(random, 20, PLAIN).to_owned(),
            some(random, 75, TRADES).to_owned(),
            some(random, 60, FORMS).to_owned(),
        ],
        86..94 => vec![one(random, FAMILIES).to_owned(), one(random, PLAIN).to_owned(), one(random, PUBLIC).to_owned()],
        94..97 => {
            vec!["ООО".to_owned(), format!("\"{}", one(random, CYRILLIC)), format!("{}\"", one(random, CYRILLIC))]
        }
        _ => vec![
            format!("{}{}.example", one(random, BEGINNINGS), one(random, ENDINGS))
                .replace(".example", ["-labs.example", ".com", ".io", ".de"][below(random, 4)]),
        ],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Names as customers have them: those given, and invented ones.
pub fn customers(given: impl Iterator<Item = String>) -> Vec<String> {
    let mut random = Random(1);
    let mut all: BTreeSet<String> = given.collect();
    while all.len() < NAMES {
        all.insert(invented(&mut random));
    }
    shuffled(all, &mut random)
}

/// Listed names, as many as a set holds.
pub fn listed(names: impl Iterator<Item = String>) -> Vec<String> {
    shuffled(names.collect(), &mut Random(2))
}

/// The beginning of one name and the middle of another: they share words with hundreds of names and are none of them.
pub fn recombined(names: &[&str]) -> Vec<String> {
    let mut random = Random(3);
    let words: Vec<Vec<&str>> =
        names.iter().map(|name| name.split_whitespace().collect()).filter(|words: &Vec<_>| words.len() > 3).collect();
    let mut all = BTreeSet::new();
    while all.len() < NAMES {
        let (one, other) = (&words[below(&mut random, words.len())], &words[below(&mut random, words.len())]);
        all.insert([one[0], one[1], other[2], other[3]].join(" "));
    }
    shuffled(all, &mut random)
}

fn shuffled(all: BTreeSet<String>, random: &mut Random) -> Vec<String> {
    let mut all: Vec<String> = all.into_iter().collect();
    for at in (1..all.len()).rev() {
        all.swap(at, below(random, at + 1));
    }
    all.truncate(NAMES);
    all
}
