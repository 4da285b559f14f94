use super::*;

fn said(a: &str, b: &str) -> (Strength, Relation, String) {
    let (one, other) = (Probe::of(a), Probe::of(b));
    match one.likeness(&other) {
        Some(found) => {
            (Strength::of(found.score), found.relation, format!("{:.2} {}", found.score, one.why(&other, &found)))
        }
        None => (Strength::None, Relation::Same, "nothing in common".to_owned()),
    }
}

fn check(least: Strength, most: Strength, pairs: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (a, b) in pairs {
        let (strength, _, why) = said(a, b);
        if !(least..=most).contains(&strength) {
            wrong.push(format!("{a} | {b}: {} {why}", strength.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn same(pairs: &[(&str, &str)]) {
    check(Strength::Match, Strength::Match, pairs);
}

fn other(pairs: &[(&str, &str)]) {
    check(Strength::None, Strength::None, pairs);
}

#[test]
fn writing_differences_mean_nothing() {
    same(&[
        ("Ｑｉｎｇｙｕｎ　Ｃｈｉｐｓ", "Qingyun Chips"),
        ("Qing\u{200b}yun Chips", "Qingyun Chips"),
        ("Qіngуun Сhірs", "Qingyun Chips"),
        ("Q1ngyun Ch1p5", "Qingyun Chips"),
        ("qingyunchips", "Qingyun Chips Co., Ltd."),
        ("Chips Qingyun", "QINGYUN-CHIPS LTD"),
        ("Qinyun Chips", "Qingyun Chips"),
        ("Société Générale", "Societe Generale SA"),
        ("1st Example Bank", "First Example Bank"),
        ("Example Int'l Tech.", "Example International Technology Pte. Ltd."),
        ("浪潮集團有限公司", "浪潮集团"),
        ("ООО Ромашка", "Romashka LLC"),
    ]);
}

#[test]
fn a_last_letter_tells_names_apart_and_an_article_does_not() {
    other(&[
        ("Qingyun Holder A", "Qingyun Holder B"),
        ("Qingyun Holder Y", "Qingyun Holder B"),
        ("Qingyun Holder A Ltd.", "Qingyun Holder C Ltd."),
    ]);
    same(&[
        ("Garza y Cía.", "Garza & Cia"),
        ("Holding a Qingyun Chips", "Holding Qingyun Chips"),
        ("Qingyun Chips S.A.", "Qingyun Chips S. A."),
    ]);
}

#[test]
fn legal_forms_and_branches_mean_nothing() {
    same(&[
        ("Qingyun Chips Sdn Bhd", "Qingyun Chips GmbH"),
        ("Qingyun Chips Youxian Gongsi", "Qingyun Chips 有限公司"),
        ("OOO Qingyun", "Qingyun FZE"),
        ("Qingyun Chips Co., Ltd. Beijing Branch", "Qingyun Chips Co., Ltd."),
        ("青云芯片有限公司北京分公司", "青云芯片有限公司"),
        ("Qingyun (Shanghai) Chips Co., Ltd.", "Shanghai Qingyun Chips"),
    ]);
}

#[test]
fn han_pinyin_and_english_are_one_name() {
    same(&[
        ("哈尔滨工业大学", "Harbin Institute of Technology"),
        ("Ha Er Bin Gong Ye Da Xue", "HIT"),
        ("haerbingongyedaxue", "哈尔滨工业大学"),
        ("中国电子科技集团公司第十四研究所", "CETC 14th Research Institute"),
        ("中国科学院半导体研究所", "Institute of Semiconductors, Chinese Academy of Sciences"),
        ("安杜里尔公司", "Anduril Industries"),
        ("青云芯片有限公司", "Qing Yun Chips"),
        ("王伟", "Wang Wei"),
    ]);
}

#[test]
fn what_tells_names_apart_is_never_passed_over() {
    other(&[
        ("CETC 14th Research Institute", "CETC 54th Research Institute"),
        ("中国电子科技集团公司第十四研究所", "中国电子科技集团公司第五十四研究所"),
        ("PLA Unit 61398", "PLA Unit 61486"),
        ("Huawei Cloud Dalian", "Huawei Cloud Guangzhou"),
        ("广州市第一人民医院", "北京市第一人民医院"),
        ("Bank of China", "Bank of Iran"),
        ("Tsinghua University", "National Tsing Hua University"),
        ("Chang'an University", "Changan Automobile"),
        ("长安大学", "长安汽车"),
        ("南京工业大学", "南京理工大学"),
        ("Northwestern University", "Northwestern Polytechnical University"),
        ("Shenzhen Technology Co., Ltd.", "Shenzhen Walker Technology Co., Ltd."),
        ("International Trading", "Qingyun International Trading"),
        ("Technology Company", "Qingyun Technology Company"),
        ("qq.com", "Tencent"),
        ("163.com", "NetEase"),
    ]);
}

#[test]
fn a_domain_names_whose_it_is() {
    let domain = said("someone@mail.ustc.edu.cn", "University of Science and Technology of China");
    assert_eq!((domain.0, domain.2.as_str()), (Strength::Match, "0.90 domain of the organisation"));
    other(&[("hust.edu.cn", "University of Science and Technology of China"), ("smic.mx", "SMIC")]);
}

#[test]
fn a_part_is_known_from_the_name_alone_and_is_no_match() {
    for (part, whole) in [
        ("Sichuan University, Luzhou Industrial Technology Research Institute", "Sichuan University"),
        ("ATR Key Laboratory at Shenzhen University", "Shenzhen University"),
        ("中国科学技术大学苏州高等研究院", "University of Science and Technology of China"),
        ("Center for International Security and Strategy of Tsinghua University", "清华大学"),
        ("Institute of Examples of Ruritania University", "Ruritania University"),
    ] {
        let (strength, relation, why) = said(part, whole);
        assert_eq!((strength, relation), (Strength::Review, Relation::PartOf), "{part}: {why}");
        assert_eq!(said(whole, part).1, Relation::Contains);
    }
}

#[test]
fn persons_agree_in_two_words_at_least() {
    let score = |a: &str, b: &str| {
        let (a, b) = (Probe::of_person(a), Probe::of_person(b));
        Strength::of(a.likeness(&b).map_or(0.0, |found| found.score))
    };
    for (a, b) in [
        ("Example, Josephine", "Josephine EXAMPLE"),
        ("王小明", "Xiaoming Wang"),
        ("Muhammad al-Example", "Mohammed Example"),
    ] {
        assert!(score(a, b) >= Strength::Review, "{a} {b}");
    }
    for (a, b) in
        [("Josephine", "Josephine Example"), ("Wang Wei", "Wang Lei"), ("Josephine Example", "Josephine Sample")]
    {
        assert_eq!(score(a, b), Strength::None, "{a} {b}");
    }
}

#[test]
fn every_line_of_the_tables_is_whole() {
    for (name, table, cells) in tables::SHIPPED {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            assert_eq!(line.split(',').count(), *cells, "{name}: {line}");
        }
    }
}
