//! Tests of `names`.

use proptest::prelude::*;

use super::*;

/// The authors in a short notation: `Family/Given/Suffix` for persons, `[Group]`, printed names as they are.
fn written(text: &str) -> Vec<String> {
    split(text)
        .into_iter()
        .map(|author| match author {
            Author::Printed(name) => name,
            Author::Group(name) => format!("[{name}]"),
            Author::Person { family, given, suffix } if suffix.is_empty() => format!("{family}/{given}"),
            Author::Person { family, given, suffix } => format!("{family}/{given}/{suffix}"),
        })
        .collect()
}

#[test]
fn lists_are_split_into_names() {
    let cases: &[(&str, &[&str])] = &[
        ("Smith, A. D. and Lee, B.", &["Smith/A. D.", "Lee/B."]),
        ("Smith, Ada; Lee, Bo", &["Smith/Ada", "Lee/Bo"]),
        ("Smith, Ada", &["Smith/Ada"]),
        ("Smith, J.", &["Smith/J."]),
        ("Ada Smith", &["Ada Smith"]),
        ("Ada Smith, Bo Lee", &["Ada Smith", "Bo Lee"]),
        ("Ada Smith and Bo Lee", &["Ada Smith", "Bo Lee"]),
        ("Ada Smith & Bo Lee", &["Ada Smith", "Bo Lee"]),
        ("Smith, Ada and Bo Lee", &["Smith/Ada", "Bo Lee"]),
        ("A. One, B. Two and C. Three", &["A. One", "B. Two", "C. Three"]),
        ("Ada Smith, Bo Lee, and Cy Poe", &["Ada Smith", "Bo Lee", "Cy Poe"]),
        ("Smith J, Lee B, Poe CD", &["Smith/J", "Lee/B", "Poe/CD"]),
        ("Lira R, de Oliveira Filho ASB, Cruz A.", &["Lira/R", "de Oliveira Filho/ASB", "Cruz/A."]),
        ("Smith JA Jr, Lee B 3rd", &["Smith/JA/Jr", "Lee/B/3rd"]),
        ("Smith J; Lee BC", &["Smith/J", "Lee/BC"]),
        ("Smith JA", &["Smith JA"]),
        ("AG Meyer, J Smith, K Doe", &["AG Meyer", "J Smith", "K Doe"]),
        ("AG Meyer, J Smith…", &["AG Meyer", "J Smith"]),
        ("BO LEE, CY POE", &["BO LEE", "CY POE"]),
        ("Smith, J.; Lee, B.", &["Smith/J.", "Lee/B."]),
        ("Smith, J., Lee, B., & Poe, C.", &["Smith/J.", "Lee/B.", "Poe/C."]),
        ("Smith, J., & Lee, B.", &["Smith/J.", "Lee/B."]),
        ("Smith, J. A., Jr., Lee, B., and Poe, C.", &["Smith/J. A./Jr.", "Lee/B.", "Poe/C."]),
        ("Smith, Ada, Lee, Bo", &["Smith/Ada", "Lee/Bo"]),
        ("Smith J.A., Lee B.", &["Smith/J.A.", "Lee/B."]),
        ("Dupont J.-P., O'Neil B.", &["Dupont/J.-P.", "O'Neil/B."]),
        ("Smith, John, Jr.; Lee, Bo", &["Smith/John/Jr.", "Lee/Bo"]),
        ("Smith, Jr., John and Lee, Bo", &["Smith/John/Jr.", "Lee/Bo"]),
        ("John Smith, Jr.", &["John Smith, Jr."]),
        ("John Smith, Jr., Bo Lee and Cy Poe", &["John Smith Jr.", "Bo Lee", "Cy Poe"]),
        ("van der Berg, Lena and de la Cruz, Ana", &["van der Berg/Lena", "de la Cruz/Ana"]),
        ("van der Berg, Lena Maria", &["van der Berg/Lena Maria"]),
        ("García Márquez, Gabriel José and Lee, Bo", &["García Márquez/Gabriel José", "Lee/Bo"]),
        ("Ada Smith|Bo Lee", &["Ada Smith", "Bo Lee"]),
        ("Ada Smith\nBo Lee\r\nCy Poe", &["Ada Smith", "Bo Lee", "Cy Poe"]),
        ("Smith, Ada and\n  Lee, Bo", &["Smith/Ada", "Lee/Bo"]),
        ("Smith, Ada\n and Lee, Bo", &["Smith/Ada", "Lee/Bo"]),
        ("Smith J, Lee B, et al.", &["Smith/J", "Lee/B"]),
        ("Smith et al.", &["Smith"]),
        ("Ada Smith and others", &["Ada Smith"]),
        ("Ada Smith, Bo Lee, ...", &["Ada Smith", "Bo Lee"]),
        ("王伟; 李娜", &["王伟", "李娜"]),
        ("王伟，李娜", &["王伟", "李娜"]),
        ("王伟, 李娜", &["王伟", "李娜"]),
        ("王伟、李娜、张三", &["王伟", "李娜", "张三"]),
        ("{The FISH Collaboration} and Ada Smith", &["[The FISH Collaboration]", "Ada Smith"]),
        ("{Food and Water Watch} and Smith, Ada", &["[Food and Water Watch]", "Smith/Ada"]),
        ("The ATLAS Collaboration", &["[The ATLAS Collaboration]"]),
        ("World Health Organization; Smith, Ada", &["[World Health Organization]", "Smith/Ada"]),
        ("Centers for Disease Control and Prevention", &["[Centers for Disease Control and Prevention]"]),
        (
            "Smith, A.; Centers for Disease Control and Prevention",
            &["Smith/A.", "[Centers for Disease Control and Prevention]"],
        ),
        ("Smith J, Lee B, ABC Study Group", &["Smith/J", "Lee/B", "[ABC Study Group]"]),
        ("Smith J, Lee B; ABC Study Group", &["Smith/J", "Lee/B", "[ABC Study Group]"]),
        ("Smith J.A., Lee B., Fish and Tides Consortium", &["Smith/J.A.", "Lee/B.", "[Fish and Tides Consortium]"]),
        ("Smith J, Lee B; Fish and Tides Consortium.", &["Smith/J", "Lee/B", "[Fish and Tides Consortium]"]),
        ("Smith J, Lee B, ABC Study Group.", &["Smith/J", "Lee/B", "[ABC Study Group]"]),
        ("Smith J; Fish Inc.", &["Smith/J", "[Fish Inc.]"]),
        ("Smith J, Lee B, Fish Agency and the Tide Group", &["Smith/J", "Lee/B", "[Fish Agency]", "[Tide Group]"]),
        ("Smith J, Lee B and ABC Study Group", &["Smith/J", "Lee/B", "[ABC Study Group]"]),
        ("Smith, A.; Lee, B.; and Poe, C.", &["Smith/A.", "Lee/B.", "Poe/C."]),
        ("Smith, A.; Lee, B. and Poe, C.", &["Smith/A.", "Lee/B.", "Poe/C."]),
        ("Smith, Ada (7004212771); Lee, Bo (57200000000)", &["Smith/Ada", "Lee/Bo"]),
        ("Ada Smith (Univ. of X, Y; Z), Bo Lee (W)", &["Ada Smith", "Bo Lee"]),
        ("William (Bill) Smith and Bo Lee", &["William (Bill) Smith", "Bo Lee"]),
        ("Ada Smith1,*, Bo Lee2", &["Ada Smith", "Bo Lee"]),
        ("Andrews, M&uuml;ller; Lee, Bo", &["Andrews/M&uuml;ller", "Lee/Bo"]),
        ("Iv{\\'a}n Pérez and Ada {van der Berg}", &["Iv{\\'a}n Pérez", "Ada {van der Berg}"]),
        ("Ramon Sand, Anders Orland", &["Ramon Sand", "Anders Orland"]),
        ("", &[]),
        (" ; , and ", &[]),
        ("et al.", &[]),
        ("{", &[]),
    ];
    for (text, wanted) in cases {
        assert_eq!(written(text), *wanted, "{text}");
    }
}

#[test]
fn a_long_list_takes_linear_time() {
    let text = "Smith, J., ".repeat(50_000);
    assert_eq!(split(&text).len(), 50_000);
    split(&"(".repeat(200_000));
    split(&"{".repeat(200_000));
    split(&"and ".repeat(50_000));
    split(&"…".repeat(50_000));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "([A-Za-z]{1,4}|[ ,;|&{}().*…\n]| and |Jr\\.|et al\\.|王|é|\\PC){0,30}") {
        split(&text);
    }

    #[test]
    fn no_letter_is_lost(text in "([A-Z][b-z]{1,4}|[A-Z]\\.|[ ,;|{}*\n]|, | and |王|É|van ){0,30}") {
        // The letters of the separating word are not counted.
        let letters = |text: &str| {
            let mut letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic() && !"and".contains(*c)).collect();
            letters.sort_unstable();
            letters
        };
        let found: String = split(&text).iter().map(|author| match author {
            Author::Printed(name) | Author::Group(name) => name.clone(),
            Author::Person { family, given, suffix } => format!("{family}{given}{suffix}"),
        }).collect();
        prop_assert_eq!(letters(&found), letters(&text));
    }
}
