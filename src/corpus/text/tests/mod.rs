//! Tests of both functions with all notations.

mod hostile;

use super::{name, readable};

/// Checks that each text is read as wanted, and stays the same when it is read again.
#[track_caller]
fn check(pairs: &[(&str, &str)]) {
    let read: Vec<_> = pairs.iter().map(|(text, _)| readable(text)).collect();
    let wrong: Vec<_> = pairs.iter().zip(&read).filter(|((_, wanted), read)| wanted != read).collect();
    assert!(wrong.is_empty(), "((text, wanted), read): {wrong:#?}");
    for text in read {
        assert_eq!(readable(&text), text);
    }
}

#[test]
fn latex_is_removed_and_words_are_kept() {
    check(&[
        ("{\\'E}tude of the {$k$}-means", "Étude of the k-means"),
        ("Schr\\\"odinger, Erd\\H{o}s and Fran\\c{c}ois", "Schrödinger, Erdős and François"),
        ("Tur\\'an\n  numbers for $K_{s,t}$-free", "Turán numbers for K_s,t-free"),
        ("Na\\\"{\\i}ve \\L ukasiewicz stra\\ss e", "Naïve Łukasiewicz straße"),
        ("the $\\ell_p$ sum over $\\mathbb{N}$", "the ℓ_p sum over N"),
        ("$(2+\\epsilon)$-approximate in $O(n\\log n)$", "(2+ε)-approximate in O(n log n)"),
        ("D^{2}MoE", "D^2MoE"),
        ("show that \\ldots it works, \\eg{} here", "show that … it works, eg here"),
        ("R\\&D at 5\\% cost", "R&D at 5% cost"),
        ("\\emph{Deep} \\textbf{nets}", "Deep nets"),
        ("It\\^o and \\`a la", "Itô and à la"),
        ("a lone \\", "a lone"),
        ("a\\~{}b", "a∼b"),
        ("a \\textbackslash{} b", "a ∖ b"),
        ("{\\em Deep} nets, {\\it E. coli}", "Deep nets, E. coli"),
        ("\\alpha-Synuclein and $\\beta$-amyloid", "α-Synuclein and β-amyloid"),
        ("$n$-grams, x^{2} and H_2O", "n-grams, x^2 and H_2O"),
        ("H$_2$O and CO$_{2}$", "H_2O and CO_2"),
        ("``Deep'' learning", "“Deep” learning"),
        ("Fig.~3 of Smith~\\cite{a}, 5~mm, a~priori", "Fig. 3 of Smith , 5 mm, a priori"),
        ("10\\,000 A\\-bc et al.\\ 2010", "10 000 Abc et al. 2010"),
        ("the \\(x\\) and \\[ y^2 \\] here", "the x and y^2 here"),
        ("Attention\\thanks{Supported by a grant.} works", "Attention works"),
        ("$\\vphantom{\\frac12}x$, a\\phantom{b}, \\smash{y} and \\rlap{z}", "x, a, y and z"),
        ("a method\\footnote{Code at \\url{https://a.org/b_c}.} works", "a method (Code at https://a.org/b_c.) works"),
        ("\\textsc{Bert}{\\textendash}based", "Bert–based"),
        ("25\\textdegree C, 10\\textsuperscript{5} and H\\textsubscript{2}O", "25°C, 10^5 and H2O"),
        ("\\href{https://a.org}{our site} in \\textcolor{red}{red}", "our site in red"),
        (
            "V{\\'{\\i}}ctor, Y{\\i}ld{\\i}z, Vi\\d{e}t, Dvo{\\v r}{\\'a}k, H{\\aa}kan",
            "Víctor, Yıldız, Viẹt, Dvořák, Håkan",
        ),
        ("Nguy{\\~{\\^e}}n", "Nguyễn"),
    ]);
}

#[test]
fn formulas_keep_their_letters_and_structure() {
    check(&[
        ("$\\frac{a}{b}$ and $\\frac{a+b}{2}$, $\\frac12$", "a/b and (a+b)/2, 1/2"),
        ("$\\sqrt{x+1}$, $10^{-5}$, $x^{n+1}$", "√(x+1), 10^-5, x^(n+1)"),
        ("$\\left( x \\right)$ $x\\in X$ $n \\le m$", "( x ) x∈X n ≤ m"),
        ("$a \\not= b$, $a \\not\\in B$", "a ≠ b, a ∉ B"),
        ("$$k_{\\bot }$$ and $\\mathcal{L}(\\theta)$", "k_⊥ and L(θ)"),
        ("$\\sin\\theta$ and $\\max_{i} x_i$", "sin θ and max_i x_i"),
        ("$\\{0,1\\}^n$ and \\{0,1\\}", "{0,1}^n and {0,1}"),
        ("$f\\colon X\\to Y$ and $u:\\Omega\\to\\mathbb{R}$", "f:X→Y and u:Ω→R"),
        ("\\begin{equation} x = 5 \\end{equation} holds", "x = 5 holds"),
        ("$\\foo x$ and $2\\foo$", "foo x and 2 foo"),
        ("$S_n = \\sum_{i=1}^n X_i \\mbox{ for all } n$", "S_n = ∑_(i=1)^n X_i for all n"),
        ("$p < 0.05$, $p<0.05$, $N=4$, $SU(2)$, $<$", "p < 0.05, p<0.05, N=4, SU(2), <"),
        ("$\\hat{H}$ and $\\bar x$", "H and x"),
        ("$\\mathrm{Li}^{+}$-ions and $Ca^{2+}$", "Li^+-ions and Ca^2+"),
        ("$O(\\sqrt{n\\log n})$", "O(√(n log n))"),
        (
            "<tex-math>\\documentclass[12pt]{minimal}\\usepackage{amsmath}\\begin{document}$$\\alpha$$\\end{document}</tex-math>",
            "α",
        ),
    ]);
}

#[test]
fn tags_are_removed() {
    check(&[
        ("Search &amp; <i>E. coli</i> in CO<sub>2</sub>", "Search & E. coli in CO2"),
        ("<jats:title>Abstract</jats:title><jats:p>We <jats:italic>do</jats:italic>.</jats:p>", "Abstract We do."),
        ("<p>One.</p><p>Two.<br/>Three.</p>", "One. Two. Three."),
        ("<sec><title>AIM</title><p>To see.</p></sec>", "AIM To see."),
        ("<scp>SHAP</scp> and H<inf>2</inf>O", "SHAP and H2O"),
        ("<Emphasis Type=\"Italic\">E. coli</Emphasis>", "E. coli"),
        ("<a href=\"https://a.org/?b>c\">link</a>", "link"),
        ("<I>Upper</I> <SUB>case</SUB>", "Upper case"),
        (
            "10<sup>5</sup> cells at 10<sup>-3</sup> M, 2<sup>nd</sup>, <sup>13</sup>C",
            "10^5 cells at 10^-3 M, 2nd, 13C",
        ),
        ("CO\n            <sub>2</sub>\n            emissions", "CO2 emissions"),
        ("of\n            <i>Neisseria</i>\n            genomes", "of Neisseria genomes"),
        ("<![CDATA[Deep <i>nets</i>]]> <!-- x --><?xml version=\"1.0\"?>here", "Deep nets here"),
        ("<li>one</li><li>two</li>", "one two"),
        ("&lt;i&gt;E. coli&lt;/i&gt; and &amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt;", "E. coli and bold"),
        (
            "{$<$i{$>$}E. coli{$<$}/i{$>$} in {\\textless}b{\\textgreater}x{\\textless}/b{\\textgreater}",
            "{E. coli in x",
        ),
        ("{$<$}i{$>$}E. coli{$<$}/i{$>$}", "E. coli"),
        ("$<$i$>$E. coli$<$/i$>$", "E. coli"),
        ("<span class=x>a</span><xref ref-type=\"bibr\" rid=\"r1\">1</xref>", "a1"),
    ]);
}

#[test]
fn formulas_in_mathml_are_set_apart() {
    check(&[
        ("Solitons in<mml:math><mml:mi>N</mml:mi></mml:math>-Coupled Equations", "Solitons in N-Coupled Equations"),
        ("<math><mi>β</mi></math>Decay of<m:math>\n <m:mi>x</m:mi>\n</m:math>.", "β Decay of x."),
        ("the <math alttext=\"x&lt;5\"><mi>x</mi><mo>&lt;</mo><mn>5</mn></math> case", "the x<5 case"),
        (
            "a <math><semantics><mi>k</mi><annotation encoding=\"application/x-tex\">k</annotation></semantics></math>-mer",
            "a k-mer",
        ),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac></math>", "(a+b)/c"),
        (
            "CO<math><msub><mrow/><mn>2</mn></msub></math> and H<mml:math><mml:msub><mml:mi/><mml:mn>2</mml:mn></mml:msub></mml:math>O",
            "CO2 and H2 O",
        ),
        ("<math><msup><mn>10</mn><mrow><mo>−</mo><mn>5</mn></mrow></msup></math>", "10^−5"),
        ("<math><msqrt><mi>s</mi></msqrt><mo>=</mo><mn>19.6</mn></math> GeV", "√s=19.6 GeV"),
        ("<math><mfenced><mi>a</mi><mi>b</mi></mfenced></math>", "(a,b)"),
        ("the <math><mi>n</mi></math>th <math><mtext>for all </mtext><mi>x</mi></math>", "the nth for all x"),
        ("an <math><mi>f</mi><mo>&#x2061;</mo><mo>(</mo><mi>x</mi><mo>)</mo></math>", "an f(x)"),
    ]);
}

#[test]
fn a_formula_in_several_notations_is_read_once() {
    check(&[
        (
            "the anti-<jats:inline-formula><jats:alternatives><jats:tex-math>$$k_{\\bot }$$</jats:tex-math><mml:math>\
             <mml:msub><mml:mi>k</mml:mi><mml:mi>⊥</mml:mi></mml:msub></mml:math></jats:alternatives></jats:inline-formula> set",
            "the anti-k_⊥ set",
        ),
        (
            "by <inline-formula><tex-math><?CDATA $(8\\pm 2)$?></tex-math><?MML <mml:math><mml:mn>8</mml:mn></mml:math>?>\
             <inline-graphic xlink:href=\"a.gif\"/></inline-formula> km",
            "by (8±2) km",
        ),
        ("group<inline-formula><tex-math>\\mathcal{G}_n</tex-math></inline-formula>of", "group G_n of"),
        ("<formula formulatype=\"inline\"><tex Notation=\"TeX\">$\\hbox{HfO}_{2}$</tex></formula>/TiN", "HfO_2/TiN"),
        ("<TEX>$TiO_2$</TEX> film", "TiO_2 film"),
        ("based <formula><tex Notation=\"TeX\">\\${\\cal H}_{2}$</tex></formula> model", "based H_2 model"),
        ("is <tex-math><![CDATA[H = \\sum_i a_i]]></tex-math>.", "is H = ∑_i a_i."),
    ]);
}

#[test]
fn entities_are_decoded() {
    check(&[
        ("M&uuml;ller &#8211; Sch&#x00F6;n &alpha;-helix &ndash; 5&thinsp;mm", "Müller – Schön α-helix – 5 mm"),
        ("Q&amp;A, R&amp;amp;D, AT&T, a&b;c", "Q&A, R&D, AT&T, a&b;c"),
        ("?a=1&copy=2&lt=3", "?a=1&copy=2&lt=3"),
        ("p &lt; 0.05 &le; &nbsp;x", "p < 0.05 ≤ x"),
        ("a&#0;b&#150;c&#xD800;", "ab–c"),
        ("don&apos;t &quot;x&quot;", "don't \"x\""),
    ]);
}

#[test]
fn invisible_characters_are_removed() {
    check(&[
        ("trans\u{ad}formers\u{200b} \u{feff}are\u{a0}\u{2009}here\u{0}\u{7}", "transformers are here"),
        ("a\u{2028}b\tc\r\nd\u{3000}e", "a b c d e"),
        ("end-of-\nline", "end-of- line"),
        ("e\u{301}tude \u{212b}", "étude Å"),
        ("Alzheimer\u{92}s", "Alzheimer’s"),
        ("می\u{200c}خواهم and a\u{200d}b", "می\u{200c}خواهم and ab"),
        ("a\u{fffe}b\u{202e}c", "abc"),
    ]);
}

#[test]
fn ordinary_text_is_unchanged() {
    for text in [
        "From $50 to $5 per query",
        "between $5 and 10$ each",
        "US$1,000/A$1,500 or $5-$10 and $20",
        "costs 5$ or 10$ for $HOME/$USER",
        "<0.5 mm and >2 mm",
        "p<0.05",
        "a < b and c > d",
        "a <b and c> d",
        "x<y>z",
        "C#, C++ and F#",
        "snake_case a_b and file_name.txt",
        "the set {1, 2} and {x} or {\"key\": 1}",
        "map[string]interface{} in Go",
        "mail <a@b.org> or <https://a.org>",
        "Vec<String> and Map<K, V>",
        "~5% of ~/bin and http://a.org/~smith, 5~10 mg",
        "y ~ x, X~N(0,1)",
        "C:\\Users\\alpha\\new.txt",
        "src\\main\\java and \\\\server\\data\\x",
        "A \\ B and \\d+ or \\w",
        "O'Brien's 5'' disk",
        "2^n and x^2",
        "R&D & more",
        "<subject, predicate, object>",
        "the <mask> and <s> tokens",
        "100% (n=5) [1] \"quoted\"",
        "Привет, 世界! ñ",
        "❤️ 👩\u{200d}🔬",
        "",
    ] {
        assert_eq!(readable(text), text);
    }
}

#[test]
fn escaped_characters_lose_their_backslash() {
    check(&[
        ("said \\\"hello\\\" and don\\'t or it\\'s", "said \"hello\" and don't or it's"),
        ("costs \\$5 and $x$", "costs $5 and x"),
        ("a\\_b \\#1 and\\/or", "a_b #1 and/or"),
        ("see \\[1\\] here", "see [1] here"),
        ("Background:\\nWe show.\\n Then", "Background: We show. Then"),
    ]);
}

#[test]
fn groups_of_bibtex_are_removed() {
    check(&[
        ("{DNA} and {E}ntropy of {COVID-19}", "DNA and Entropy of COVID-19"),
        ("{{Deep Learning: A Survey, Part 1}}", "Deep Learning: A Survey, Part 1"),
        ("The {ATLAS} {\\&} {CMS} {[}18F{]} {3D}", "The ATLAS & CMS [18F] 3D"),
        ("an unclosed { brace and } another", "an unclosed { brace and } another"),
    ]);
}

#[test]
fn no_word_is_lost_altogether() {
    check(&[
        ("\\cite{foo}", "foo"),
        ("\\emph", "emph"),
        ("<math><annotation>x</annotation></math>", "x"),
        ("<p>&nbsp;</p>", ""),
        ("<i></i>", ""),
        ("\\\\", ""),
    ]);
}

#[test]
fn names_are_plain() {
    for (text, wanted) in [
        ("Smith~J.", "Smith J."),
        ("{The FISH Collaboration}", "The FISH Collaboration"),
        ("O'Brien", "O'Brien"),
        ("M&uuml;ller", "Müller"),
        ("Kurt G{\\\"o}del", "Kurt Gödel"),
        ("{\\'E}mile Borel", "Émile Borel"),
        ("Pawe{\\l} \\'Swi{\\k{a}}tek", "Paweł Świątek"),
        ("J. Smith<sup>1,*</sup>", "J. Smith"),
        ("M<sup>c</sup>Donald", "McDonald"),
        ("Mu{\\~n}oz, Jos{\\'{e}}", "Muñoz, José"),
        ("\\c{S}eker, \\.Ilker", "Şeker, İlker"),
        ("Jerzy \\L{}o\\'s", "Jerzy Łoś"),
        ("unclosed {brace", "unclosed brace"),
        ("van\u{a0}der  Waals", "van der Waals"),
        ("<sup>1</sup>", "1"),
    ] {
        assert_eq!(name(text), wanted, "{text}");
        assert_eq!(name(wanted), wanted, "{text}");
    }
}
