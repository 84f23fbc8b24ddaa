//! The page in a browser: the program and Chromium, driven by the scripts in `tests/page`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use paperkin::paper::{Paper, PaperId, PublicationDate, PublicationType};
use serde_json::json;

use crate::support::http::Serving;
use crate::support::{TINY, json_lines, paper, paperkin, required, run, run_with_input, stderr};

fn served(store: &Path, more: &[&str]) -> Serving {
    let arguments = serve(store);
    let mut command = paperkin(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    Serving::by(command.args(["--log", "error", "--addr", "127.0.0.1:0"]).args(more))
}

/// The sample collection with the default model, for the picture in the README.
fn of_the_sample(store: &Path) -> Serving {
    let store = store.to_str().unwrap();
    let added = run(&["add", "--sample", "--store", store]);
    assert!(added.status.success(), "{}", stderr(&added));
    Serving::by(paperkin(&["serve", "--store", store]).args(["--log", "error", "--addr", "127.0.0.1:0"]))
}

fn serve(store: &Path) -> Vec<String> {
    ["serve", "--no-sample", "--model", TINY, "--store", store.to_str().unwrap()].map(str::to_owned).to_vec()
}

/// Papers of three categories and several years. The scripts refer to some of them by title.
fn made_up() -> Vec<Paper> {
    let mut papers: Vec<Paper> = (0..90).map(numbered).collect();
    let mut census = Paper::new(
        PaperId::parse("10.1234/quokkas").unwrap(),
        "A census of quokkas".to_owned(),
        "Islands are small. We walked for three summers over one of them. Our census of quokkas found more of them than anyone \
         had thought. Nobody was bitten."
            .to_owned(),
    );
    census.url = Some("https://example.org/quokkas".to_owned());
    census.categories = vec!["bio.quokka".to_owned()];
    census.ids =
        ["2001.99999", "pmid:123456", "pmcid:PMC98765", "openalex:W42"].map(|id| PaperId::parse(id).unwrap()).to_vec();
    census.keywords = vec!["marsupials".to_owned(), "islands".to_owned()];
    census.kind = Some(PublicationType::Article);
    census.venue = Some("Journal of Small Islands".to_owned());
    census.volume = Some("12".to_owned());
    census.pages = Some("3-9".to_owned());
    census.citations = Some(1204);
    census.open_access = Some("https://example.org/quokkas.pdf".to_owned());
    let mut tides = Paper::new(
        PaperId::of_title("Tides of a harbour"),
        "Tides of a harbour".to_owned(),
        "The water comes and goes. Tides in the harbour were written down by hand for a hundred years. We read what was \
         written, and find that the moon is right."
            .to_owned(),
    );
    tides.authors = vec!["Someone Else".to_owned()];
    tides.kind = Some(PublicationType::ConferencePaper);
    tides.venue = Some("Proceedings of the Harbour".to_owned());
    tides.citations = Some(1);
    let mut short = Paper::new(
        PaperId::parse("10.1234/short").unwrap(),
        "Short notes on quokkas".to_owned(),
        "Quokkas are short.".to_owned(),
    );
    short.kind = Some(PublicationType::Retracted);
    let title = "<script>window.harmed = true</script> quokkas";
    let mut hostile = Paper::new(
        PaperId::of_title(title),
        title.to_owned(),
        "<video src=x onerror=\"window.harmed = true\"> is what this abstract says. It says so of quokkas.".to_owned(),
    );
    hostile.authors = vec!["<script>Someone</script>".to_owned()];
    hostile.categories = vec!["<script>x</script>".to_owned()];
    hostile.url = Some("javascript:window.harmed=true".to_owned());
    hostile.open_access = Some("javascript:window.harmed=true".to_owned());
    hostile.venue = Some("<script>Venue</script>".to_owned());
    papers.extend([census, tides, short, hostile]);
    papers
}

fn numbered(number: usize) -> Paper {
    let mut paper = paper(number);
    paper.title = format!("{}, with quokkas", paper.title);
    let kinds = [vec!["bio.quokka", "math.CO"], vec!["math.CO"], vec!["cs.LG", "bio.wombat"]];
    paper.categories = kinds[number % 3].iter().map(|&kind| kind.to_owned()).collect();
    paper.published = PublicationDate::parse(&format!("{}-06-{:02}", 2000 + number % 7, number % 28 + 1));
    paper
}

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("CHROMIUM").map_or_else(|| "/usr/bin/chromium".into(), PathBuf::from);
    path.exists().then_some(path)
}

/// The folder of the scripts; `None` if node is missing or `npm ci` was not run there.
fn scripts() -> Option<&'static Path> {
    let folder = Path::new("tests/page");
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    let installed = ["playwright-core", "axe-core"].iter().all(|name| folder.join("node_modules").join(name).exists());
    (node.is_ok_and(|status| status.success()) && installed).then_some(folder)
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(chromium) = required("Chromium at /usr/bin/chromium or $CHROMIUM", chromium()) else { return };
    let Some(scripts) = required("node, and its packages by `npm ci --prefix tests/page`", scripts()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (full, empty) = (folder.path().join("full"), folder.path().join("empty"));
    let store = ["add", "--model", TINY, "--store", full.to_str().unwrap(), "-"];
    let added = run_with_input(&store, &json_lines(&made_up()));
    assert!(added.status.success(), "{}", stderr(&added));
    let stoppable = [&[env!("CARGO_BIN_EXE_paperkin").to_owned()][..], &serve(&full)[..]].concat();
    let below = served(&full, &["--base-path", "/my/papers"]);
    let (full, empty) = (served(&full, &[]), served(&empty, &[]));
    let address = |served: &Serving| format!("http://{}", served.address);
    let sample = of_the_sample(&folder.path().join("sample"));
    let services = json!({
        "full": address(&full), "empty": address(&empty), "sample": address(&sample), "stoppable": stoppable,
        "below": format!("{}/my/papers", address(&below)),
    });
    let played = Command::new("node")
        .arg(scripts.join("run.mjs"))
        .arg(services.to_string())
        .env("CHROMIUM", chromium)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&played.stdout);
    eprintln!("{told}");
    assert!(played.status.success(), "{told}{}", stderr(&played));
}
