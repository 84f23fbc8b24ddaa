//! The commands of LaTeX that titles and abstracts contain, and what each of them means.
//!
//! Names: the LaTeX2e reference manual, amsmath's and amssymb's lists of symbols, and MathJax's list of supported commands,
//! by which arXiv shows abstracts.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The meaning of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// A letter, or another character that is part of a word. White space after the command is not part of the text.
    Letter(&'static str),
    /// A symbol, usually mathematical.
    Symbol(&'static str),
    /// A function whose text is its name: `\log`.
    Function,
    /// White space.
    Space,
    /// Changes the appearance of a text, but not its content.
    Appearance,
    /// Like `Appearance`, for a superscript.
    Superscript,
    /// Its argument is a note on the preceding text.
    Note,
    /// Its argument is not part of the text.
    Argument,
    /// A fraction, or another pair with the given sign between its two parts.
    Pair(&'static str),
    /// A root of its argument.
    Root,
    /// Precedes a bracket: `\left(`, or `\left.` for none.
    Bracket,
    /// Strikes the next symbol through.
    Not,
    /// Starts an environment.
    Begin,
    /// Ends an environment.
    End,
    /// The start of a whole document around a formula, as Springer gives it.
    Preamble,
}

/// The command of a name, without the backslash.
pub(super) fn command(name: &str) -> Option<Command> {
    static COMMANDS: LazyLock<HashMap<&str, Command>> = LazyLock::new(|| {
        let mut commands = HashMap::new();
        let pairs = |table: &'static str| {
            let mut words = table.split_ascii_whitespace();
            std::iter::from_fn(move || Some((words.next()?, words.next()?)))
        };
        commands.extend(pairs(LETTERS).map(|(name, letter)| (name, Command::Letter(letter))));
        commands.extend(pairs(SYMBOLS).map(|(name, symbol)| (name, Command::Symbol(symbol))));
        let mut add = |names: &'static str, command| {
            commands.extend(names.split_ascii_whitespace().map(|name| (name, command)));
        };
        add(FUNCTIONS, Command::Function);
        add(APPEARANCES, Command::Appearance);
        add(ARGUMENTS, Command::Argument);
        add("quad qquad newline par enspace enskip space item hfill hspace* linebreak", Command::Space);
        add("textsuperscript", Command::Superscript);
        add("footnote", Command::Note);
        add("frac dfrac tfrac cfrac nicefrac sfrac", Command::Pair("/"));
        add("binom dbinom tbinom", Command::Pair(" choose "));
        add("sqrt", Command::Root);
        add("left right middle", Command::Bracket);
        add("not", Command::Not);
        add("begin", Command::Begin);
        add("end", Command::End);
        add("documentclass", Command::Preamble);
        commands
    });
    COMMANDS.get(name).copied()
}

/// Whether the content of an environment is mathematics.
pub(super) fn is_mathematical(environment: &str) -> bool {
    let name = environment.trim().trim_end_matches('*');
    name.ends_with("matrix")
        || matches!(
            name,
            "equation"
                | "align"
                | "aligned"
                | "gather"
                | "gathered"
                | "multline"
                | "eqnarray"
                | "math"
                | "displaymath"
                | "array"
                | "cases"
                | "split"
                | "alignat"
                | "flalign"
                | "subequations"
                | "smallmatrix"
        )
}

const LETTERS: &str = "ss ß SS ẞ o ø O Ø l ł L Ł aa å AA Å ae æ AE Æ oe œ OE Œ i ı j ȷ dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ \
    imath ı jmath ȷ textdegree ° degree ° deg ° textendash – textemdash — textquoteleft ‘ textquoteright ’ \
    textquotedblleft “ textquotedblright ” textquotesingle ' quotesinglbase ‚ quotedblbase „ guillemotleft « \
    guillemotright » guilsinglleft ‹ guilsinglright › textbar | textasciitilde ∼ textasciicircum ^ textunderscore _ \
    textdollar $ textless < textgreater > textmu µ micro µ textregistered ® texttrademark ™ textcopyright © copyright © \
    textexclamdown ¡ textquestiondown ¿ texteuro € euro € EUR € pounds £ textsterling £ textyen ¥ textsection § S § P ¶ \
    textbullet • textperiodcentered · textordfeminine ª textordmasculine º textonehalf ½ textonequarter ¼ \
    texttimes × textpm ± textbackslash ∖ textbraceleft { textbraceright } lbrace { rbrace } slash / \
    textalpha α textbeta β textgamma γ textdelta δ dag † ddag ‡ textdagger † LaTeX LaTeX TeX TeX BibTeX BibTeX \
    textellipsis … celsius °C ohm Ω angstrom Å textasteriskcentered * textperthousand ‰ backslash ∖ \
    textnumero № textsubring ° mathdollar $";

const SYMBOLS: &str = "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ \
    varkappa ϰ lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi φ \
    varphi ϕ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω \
    varGamma Γ varDelta Δ varTheta Θ varLambda Λ varSigma Σ varPhi Φ varPsi Ψ varOmega Ω digamma ϝ upmu μ upalpha α \
    upbeta β upgamma γ updelta δ uplambda λ uppi π upsigma σ uptau τ uptheta θ \
    ell ℓ hbar ℏ hslash ℏ Re ℜ Im ℑ wp ℘ aleph ℵ beth ℶ partial ∂ nabla ∇ infty ∞ emptyset ∅ varnothing ∅ \
    forall ∀ exists ∃ nexists ∄ neg ¬ lnot ¬ land ∧ wedge ∧ lor ∨ vee ∨ top ⊤ bot ⊥ perp ⊥ vdash ⊢ dashv ⊣ models ⊨ \
    vDash ⊨ times × div ÷ pm ± mp ∓ cdot · cdotp · ast ∗ star ⋆ circ ∘ bullet • oplus ⊕ ominus ⊖ otimes ⊗ oslash ⊘ \
    odot ⊙ dagger † ddagger ‡ amalg ⨿ wr ≀ diamond ⋄ Diamond ◇ Box □ square □ blacksquare ■ triangle △ bigtriangleup △ \
    triangleq ≜ bigcirc ◯ ltimes ⋉ rtimes ⋊ bowtie ⋈ boxtimes ⊠ boxplus ⊞ \
    sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁ bigwedge ⋀ \
    bigsqcup ⨆ surd √ \
    le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ lt < gt > ne ≠ neq ≠ equiv ≡ sim ∼ simeq ≃ approx ≈ approxeq ≊ cong ≅ \
    asymp ≍ doteq ≐ propto ∝ ll ≪ gg ≫ lll ⋘ ggg ⋙ lesssim ≲ gtrsim ≳ lessgtr ≶ lessapprox ⪅ gtrapprox ⪆ prec ≺ succ ≻ \
    preceq ⪯ succeq ⪰ nleq ≰ ngeq ≱ nless ≮ ngtr ≯ coloneqq ≔ coloneq ≔ colon : vcentcolon : lesseqgtr ⋚ \
    in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ supsetneq ⊋ nsubseteq ⊈ cup ∪ cap ∩ \
    sqcup ⊔ sqcap ⊓ sqsubseteq ⊑ sqsupseteq ⊒ setminus ∖ smallsetminus ∖ complement ∁ uplus ⊎ \
    to → rightarrow → longrightarrow ⟶ leftarrow ← gets ← longleftarrow ⟵ leftrightarrow ↔ longleftrightarrow ⟷ \
    Rightarrow ⇒ implies ⇒ Longrightarrow ⟹ Leftarrow ⇐ Leftrightarrow ⇔ iff ⇔ Longleftrightarrow ⟺ uparrow ↑ \
    downarrow ↓ updownarrow ↕ Uparrow ⇑ Downarrow ⇓ mapsto ↦ longmapsto ⟼ hookrightarrow ↪ hookleftarrow ↩ \
    rightharpoonup ⇀ rightharpoondown ⇁ leftharpoonup ↼ rightleftharpoons ⇌ leftrightharpoons ⇋ rightrightarrows ⇉ \
    rightleftarrows ⇄ leadsto ⇝ rightsquigarrow ⇝ nearrow ↗ searrow ↘ swarrow ↙ nwarrow ↖ twoheadrightarrow ↠ \
    rightarrowtail ↣ upharpoonright ↾ restriction ↾ circlearrowleft ↺ circlearrowright ↻ \
    langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ mid | nmid ∤ \
    parallel ∥ nparallel ∦ lbrack [ rbrack ] lgroup ( rgroup ) llbracket ⟦ rrbracket ⟧ \
    dots … ldots … cdots … dotsc … dotsb … dotsm … vdots ⋮ ddots ⋱ prime ′ backprime ‵ angle ∠ measuredangle ∡ therefore ∴ because ∵ \
    sharp ♯ flat ♭ natural ♮ checkmark ✓ clubsuit ♣ diamondsuit ♢ heartsuit ♡ spadesuit ♠ sun ☉ astrosun ☉ \
    earth ⊕ male ♂ female ♀ permil ‰ bigstar ★ blacktriangle ▲ lozenge ◊ blacklozenge ⧫ eth ð Finv Ⅎ mho ℧";

const FUNCTIONS: &str = "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup \
    ln log max min sec sin sinh sup tan tanh Pr argmax argmin tr Tr rank diag sgn sign mod bmod pmod";

const APPEARANCES: &str = "emph em it bf rm tt sc sf sl cal frak Bbb scr text textit textbf textrm texttt textsc textsf textsl \
    textup textmd textnormal textsubscript mathcal mathbb mathbf mathrm mathit mathsf mathfrak mathds mathscr mathtt mathbbm \
    mathnormal mathop mathbin mathrel mathord mathopen mathclose mathpunct mathinner boldsymbol bm pmb mbox hbox makebox fbox \
    underline overline bar hat tilde widehat widetilde check breve vec dot ddot dddot acute grave mathring overrightarrow \
    overleftarrow overbrace underbrace underbar displaystyle textstyle scriptstyle scriptscriptstyle normalsize small large \
    Large footnotesize scriptsize tiny huge Huge operatorname operatornamewithlimits protect ensuremath uppercase lowercase \
    MakeUppercase MakeLowercase big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm limits nolimits \
    stackrel overset underset substack boldmath unboldmath itshape bfseries upshape scshape sffamily ttfamily rmfamily \
    mdseries normalfont sout uline url nolinkurl path enquote ce chem SI si num unit mathchoice noindent nobreak \
    centering xspace relax allowbreak smash llap rlap clap mathllap mathrlap mathclap null leavevmode unskip ignorespaces \
    mathstrut strut bfdefault title citetext";

const ARGUMENTS: &str = "label ref eqref cref Cref autoref pageref cite citep citet citeauthor citeyear citealp citealt nocite \
    parencite textcite autocite vspace hspace hskip vskip textcolor color phantom hphantom vphantom thanks footnotemark href \
    usepackage setlength bibliographystyle bibliography includegraphics input tag hypersetup pagestyle rule raisebox \
    fontsize selectfont footnotetext index date";
