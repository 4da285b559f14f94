use super::*;

fn told(named: &Named) -> String {
    let units: Vec<_> = named.units.iter().map(|unit| unit.names.join(" | ")).collect();
    let names = named.names.join(" | ");
    if units.is_empty() { names } else { format!("{names} / {}", units.join(" / ")) }
}

#[test]
fn aliases_of_a_cell_are_names_and_its_address_is_none() {
    for (text, expected) in [
        (
            "Harbour Example Technology Co., Ltd., a.k.a., the following two aliases: —Harbour AI; and —Beijing Harbour Atlas Technology Co., Ltd. Floor 10, Building 9, No. 1, East Road, Haidian District, 100080, China.",
            "Harbour Example Technology Co., Ltd. | Harbour AI | Beijing Harbour Atlas Technology Co., Ltd.",
        ),
        (
            "Coral Example Institute (CEI), 12 Coral Road, Town, China.",
            "Coral Example Institute (CEI) | Coral Example Institute | CEI",
        ),
        ("Meridian Example LLC (a.k.a. “MEX”)", "Meridian Example LLC | MEX"),
        ("Meridian Example, OAO (a.k.a.", "Meridian Example, OAO"),
        ("OOO Shipyard 'Example' (f.k.a., AO Shipyard 'Example'", "OOO Shipyard 'Example' | AO Shipyard 'Example'"),
        (
            "Example Research Institute, a.k.a., Example Working Institute",
            "Example Research Institute | Example Working Institute",
        ),
        (
            "Meridian Example University,\na.k.a., the following one alias:\n—MEXU. 24 South Road, Town, 610065, China.",
            "Meridian Example University | MEXU",
        ),
    ] {
        assert_eq!(told(&cell(text)), expected, "{text}");
    }
}

#[test]
fn parts_listed_with_a_party_have_names_of_their_own() {
    let text = "Example Second Academy, a.k.a., the following one alias: —ESA. 50 Road, Town, China; and the following two subordinate \
                institutions: Example 23rd Institute, a.k.a., the following two aliases: —E23; and —Example Radio Institute; \
                Example 25th Institute.";
    assert_eq!(
        told(&cell(text)),
        "Example Second Academy | ESA / Example 23rd Institute | E23 | Example Radio Institute / Example 25th Institute"
    );
    let text = "Example Concern, including the following three affiliates: —North Example Works; —South Example Works, a.k.a. SEW; and —East Example Works. 1 Road, Town, China.";
    assert_eq!(
        told(&cell(text)),
        "Example Concern / North Example Works / South Example Works | SEW / East Example Works"
    );
}

#[test]
fn addresses_between_parts_are_no_parts() {
    for (text, expected) in [
        (
            "Example Group (EXG), and to include the following addresses and the following 2 affiliated entities: Lane 8, West County, Town, \
             610207, China; Beijing Example Longshine Co., Ltd., a.k.a., the following one alias: —Example Longshine, Q80-3-25R, Town, China; \
             Hangzhou Example Co., Ltd.",
            "Example Group (EXG) | Example Group | EXG / Beijing Example Longshine Co., Ltd. | Example Longshine / Hangzhou Example Co., Ltd.",
        ),
        (
            "Example Academy, including the following one subordinate institution: —Example 23rd Institute, 50 Road, Town, China; and \
             West County, Long Road, Town",
            "Example Academy / Example 23rd Institute",
        ),
    ] {
        assert_eq!(told(&cell(text)), expected, "{text}");
    }
}

#[test]
fn an_alias_is_cut_where_its_address_begins() {
    for (text, expected) in [
        (
            "M.A.G. Example, 5762 Royal Ave, Town, QC, Canada; and 5440 Queen St, Office 103, Town, Canada",
            "M.A.G. Example",
        ),
        (
            "Southern Example LTD. Espoo, Finland; and Road 8, Town 53100, Finland (See also addresses under Romania)",
            "Southern Example LTD.",
        ),
        (
            "PJSC Example. 6 Barklaya str., bld. 5, Moscow 121087, Russia; and d. 6 str. 5, Moscow, Russia",
            "PJSC Example",
        ),
        ("Example-70, (Address: P.O. Box 245, Town Russia); and any related centers located in Town", "Example-70"),
        ("SGM-Example, LLC. D. 10 korp. 3 ul. Street, Moscow 121170, Russia", "SGM-Example, LLC."),
        ("7103 Example Factory", "7103 Example Factory"),
        ("38th Example Institute, Hefei", "38th Example Institute, Hefei"),
        (
            "Meridian University, Luzhou Industrial Technology Research Institute",
            "Meridian University, Luzhou Industrial Technology Research Institute",
        ),
        ("P.I. K.A. Example RAS", "P.I. K.A. Example RAS"),
        ("HPSTAR; and", "HPSTAR"),
        ("CETC-E.", "CETC-E"),
    ] {
        assert_eq!(told(&cell(text)), expected, "{text}");
    }
    assert_eq!(told(&cell("IRGC Example; IRGCX")), "IRGC Example");
    assert_eq!(names("IRGC Example; IRGCX").join(" | "), "IRGC Example | IRGCX");
}

#[test]
fn names_say_of_what_they_are_a_part() {
    let told = |name: &str, note: &str| {
        part(name, note).map(|part| format!("{} < {}", part.name, part.of)).unwrap_or_default()
    };
    for (name, note, expected) in [
        (
            "Example 13th Institute (EX 13) subordinate institution: Bay Circuits",
            "",
            "Bay Circuits < Example 13th Institute (EX 13)",
        ),
        ("Example 13th Institute (EX 13) subordinate institution:", "", " < Example 13th Institute (EX 13)"),
        ("Bay Technology Co., Ltd. (a subordinate institute of EX-7)", "", "Bay Technology Co., Ltd. < EX-7"),
        (
            "Example Academy of Science—Shore Institute of Automation",
            "",
            "Shore Institute of Automation < Example Academy of Science",
        ),
        (
            "EX Aviation Power Co. Ltd.",
            "Subordinate institution of Example Company.",
            "EX Aviation Power Co. Ltd. < Example Company",
        ),
        ("Example—Control Systems—Managing Company", "", ""),
        ("AO 'Institute Example—Saint Institute Town'", "", ""),
        ("Affiliated Example Consultancy", "For all items", ""),
    ] {
        assert_eq!(told(name, note), expected, "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_stops_the_reader(text in "[ -~—;:,.()'“”é木\\n]{0,120}") {
        let _ = cell(&text);
        let _ = part(&text, &text);
    }
}
