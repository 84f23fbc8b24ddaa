//! What does a model's folder say of itself? It has the layout of sentence-transformers, or a manifest of its own,
//! `paperkin.toml`, which goes first: some models cannot be told in that layout.
//!
//! `modules.json` names what a text goes through, in order: a network, pooling, dense layers, normalisation. Vectors are
//! always normalised at the end, whether it says so or not, since only their directions are compared.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::manifest::{Architecture, Manifest, NO_LIMIT, Pooling, Task};
use super::{cross_encoder, lookup};
use crate::error::{Error, Result};

/// The manifest that a folder may bring along.
const OWN_MANIFEST: &str = "paperkin.toml";

impl Manifest {
    /// Reads the facts of a model from its folder.
    ///
    /// # Errors
    /// When a file is missing, or asks for what is not implemented.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let own = folder.join(OWN_MANIFEST);
        if own.is_file() {
            let text = fs_err::read_to_string(&own)?;
            return toml::from_str(&text)
                .map_err(|error| Error::ModelFileBroken { path: own, reason: error.to_string().trim().to_owned() });
        }
        if let Some(cross_encoder) = Self::of_cross_encoder(folder)? {
            return Ok(cross_encoder);
        }
        let modules = Modules::read(folder)?;
        let network = folder.join(&modules.network);
        for file in ["tokenizer.json", "model.safetensors"] {
            if !network.join(file).is_file() {
                return Err(Error::ModelFolderIncomplete { folder: network, file });
            }
        }
        let Facts { architecture, hidden, max_tokens } =
            if modules.pooling.is_some() { Facts::of_network(&network)? } else { Facts::of_table(&network)? };
        let (pooling, include_prompt) = match &modules.pooling {
            Some(module) => {
                let pooling: PoolingJson = json_in(folder, module, "config.json")?;
                let mode = pooling.mode().map_err(|reason| broken(&folder.join(module), "config.json", reason))?;
                (mode, pooling.include_prompt.unwrap_or(true))
            }
            None => (Pooling::Mean, true),
        };
        let dimension = match modules.dense.last() {
            Some(last) => json_in::<DenseJson>(folder, last, "config.json")?.out_features,
            None => hidden,
        };
        let prompts: PromptsJson = json_if_there(folder, "config_sentence_transformers.json")?;
        Ok(Self {
            pooling,
            include_prompt,
            network: modules.network,
            dense: modules.dense,
            query_prefix: prompts.of(&["query"]),
            passage_prefix: prompts.of(&["document", "passage", "corpus"]),
            ..Self::local(folder, architecture, dimension, max_tokens)
        })
    }

    /// Of a folder that says no more than this.
    pub(super) fn local(folder: &Path, architecture: Architecture, dimension: usize, max_tokens: usize) -> Self {
        let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = absolute.file_name().map_or_else(|| "local".to_owned(), |name| name.to_string_lossy().into_owned());
        Self {
            name,
            description: "a local folder".to_owned(),
            task: Task::Embed,
            licence: None,
            languages: Vec::new(),
            parameters: None,
            files_of: None,
            queries: None,
            architecture,
            pooling: Pooling::Cls,
            query_pooling: None,
            include_prompt: true,
            layer_norm: false,
            matryoshka: false,
            network: String::new(),
            dense: Vec::new(),
            dimension,
            max_tokens,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            hub: None,
            files: Vec::new(),
            unverified: Vec::new(),
            packages: Vec::new(),
            scores: Vec::new(),
        }
    }

    /// Makes sure that the folder does not pool otherwise than the manifest says, where it says anything: a manifest may be
    /// written without the files at hand.
    pub(super) fn check_pooling(&self, folder: &Path) -> Result<()> {
        if self.task == Task::Rerank {
            return cross_encoder::check(self, folder);
        }
        let module = folder.join("1_Pooling");
        if self.query_pooling.is_some() || !module.join("config.json").is_file() {
            return Ok(());
        }
        let found = json::<PoolingJson>(&module, "config.json")?.mode();
        if found.as_ref() == Ok(&self.pooling) {
            return Ok(());
        }
        let found = found.map_or_else(|reason| reason, |pooling| format!("{pooling:?}"));
        let reason =
            format!("the manifest of `{}` pools by {:?}, this file otherwise: {found}", self.name, self.pooling);
        Err(broken(&module, "config.json", reason))
    }

    /// The files that vectors depend on, inside the model's folder; what else there is stands in the fingerprint.
    pub(super) fn essential_files(&self, folder: &Path) -> Vec<String> {
        let mut files = vec![inside(&self.network, "config.json"), inside(&self.network, "tokenizer.json")];
        let pooling = Modules::read(folder).ok().and_then(|modules| modules.pooling);
        files.extend(pooling.map(|pooling| inside(&pooling, "config.json")));
        files.push(inside(&self.network, "model.safetensors"));
        for dense in &self.dense {
            files.extend(["config.json", "model.safetensors"].map(|file| inside(dense, file)));
        }
        files.retain(|file| folder.join(file).is_file());
        files
    }
}

/// What the files of a network tell.
pub(super) struct Facts {
    pub architecture: Architecture,
    pub hidden: usize,
    pub max_tokens: usize,
}

impl Facts {
    pub fn of_network(folder: &Path) -> Result<Self> {
        let config: ConfigJson = json(folder, "config.json")?;
        let architecture = match config.model_type.as_str() {
            "bert" => Architecture::Bert,
            "modernbert" => Architecture::ModernBert,
            "nomic_bert" => Architecture::NomicBert,
            other => {
                let known = "`bert`, `modernbert` and `nomic_bert`";
                let reason = format!("`model_type` {known} are implemented, found `{other}`");
                return Err(broken(folder, "config.json", reason));
            }
        };
        let limits: SentenceBertJson = json_if_there(folder, "sentence_bert_config.json")?;
        let of_tokenizer: TokenizerJson = json_if_there(folder, "tokenizer_config.json")?;
        let max_tokens = limits.max_seq_length.or_else(|| of_tokenizer.limit()).unwrap_or(usize::MAX);
        let max_tokens = max_tokens.min(config.max_position_embeddings);
        if max_tokens < 3 || config.hidden_size == 0 {
            let reason = "room for a token between the two special ones was expected".to_owned();
            return Err(broken(folder, "config.json", reason));
        }
        Ok(Self { architecture, hidden: config.hidden_size, max_tokens })
    }

    /// Of a model without a network.
    fn of_table(folder: &Path) -> Result<Self> {
        let config: TableJson = json_if_there(folder, "config.json")?;
        // Model2Vec cuts at 512 unless told otherwise, sentence-transformers never.
        let limit = if config.model_type.as_deref() == Some(MODEL2VEC) { 512 } else { NO_LIMIT };
        let max_tokens = config.max_length.unwrap_or(limit).clamp(1, NO_LIMIT);
        Ok(Self { architecture: Architecture::Static, hidden: lookup::width(folder)?, max_tokens })
    }
}

const MODEL2VEC: &str = "model2vec";

/// `config.json` of a model without a network, if it has one.
#[derive(Deserialize, Default)]
struct TableJson {
    model_type: Option<String>,
    max_length: Option<usize>,
}

/// A file's path in a folder inside the model's; that may be the model's own.
fn inside(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// What a text goes through: folders inside the model's.
#[derive(Debug, PartialEq)]
struct Modules {
    network: String,
    /// None where there is no network but a vector for each token, which are always pooled by their mean.
    pooling: Option<String>,
    dense: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct ModuleJson {
    path: String,
    /// The Python class, with the names of the modules that it is in, which differ from version to version.
    #[serde(rename = "type")]
    class: String,
}

impl ModuleJson {
    /// The folder of the module inside the model's.
    pub fn inside(&self) -> Result<String, String> {
        let path = &self.path;
        let mut parts = Path::new(path).components();
        if !parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!("a `path` inside the folder was expected, found `{path}`"));
        }
        Ok(if path == "." { String::new() } else { path.clone() })
    }
}

impl Modules {
    /// Reads `modules.json`; a folder without it is a network with its pooling in `1_Pooling`.
    fn read(folder: &Path) -> Result<Self> {
        if !folder.join("modules.json").is_file() {
            let config: TableJson = json_if_there(folder, "config.json")?;
            let is_table = config.model_type.as_deref() == Some(MODEL2VEC);
            let pooling = (!is_table).then(|| "1_Pooling".to_owned());
            return Ok(Self { network: String::new(), pooling, dense: Vec::new() });
        }
        let listed: Vec<ModuleJson> = json(folder, "modules.json")?;
        Self::of(listed).map_err(|reason| broken(folder, "modules.json", reason))
    }

    fn of(listed: Vec<ModuleJson>) -> Result<Self, String> {
        let (mut network, mut pooling, mut dense) = (None, None, Vec::new());
        let (mut is_pooled, mut is_normalised) = (false, false);
        for module in listed {
            let path = module.inside()?;
            let ModuleJson { class, .. } = module;
            match class.rsplit('.').next().unwrap_or_default() {
                "Transformer" if network.is_none() => network = Some(path),
                "StaticEmbedding" if network.is_none() => (network, is_pooled) = (Some(path), true),
                "Pooling" if network.is_some() && !is_pooled => (pooling, is_pooled) = (Some(path), true),
                "Dense" if is_pooled && !is_normalised => dense.push(path),
                "Normalize" if is_pooled => is_normalised = true,
                _ => {
                    let order = "Transformer and Pooling or StaticEmbedding, any number of Dense, Normalize";
                    return Err(format!("these modules are implemented, in this order: {order}; found `{class}`"));
                }
            }
        }
        if !is_pooled {
            return Err("no Transformer and Pooling are named, and no StaticEmbedding".to_owned());
        }
        Ok(Self { network: network.unwrap_or_default(), pooling, dense })
    }
}

#[derive(Deserialize)]
struct ConfigJson {
    model_type: String,
    #[serde(alias = "n_embd")]
    hidden_size: usize,
    #[serde(alias = "n_positions")]
    max_position_embeddings: usize,
}

/// `1_Pooling/config.json`: a name or a list of them since version 6 of sentence-transformers, before that one switch each.
#[derive(Deserialize)]
struct PoolingJson {
    pooling_mode: Option<OneOrMore>,
    include_prompt: Option<bool>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl PoolingJson {
    fn mode(&self) -> Result<Pooling, String> {
        let modes: Vec<&str> = match &self.pooling_mode {
            Some(OneOrMore::One(mode)) => vec![mode],
            Some(OneOrMore::More(modes)) => modes.iter().map(String::as_str).collect(),
            None => {
                let on = self.others.iter().filter(|(_, value)| value.as_bool() == Some(true));
                on.filter_map(|(key, _)| key.strip_prefix("pooling_mode_")).collect()
            }
        };
        match modes.as_slice() {
            ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
            ["cls" | "cls_token"] => Ok(Pooling::Cls),
            ["lasttoken"] => Ok(Pooling::Last),
            [] => Err("no `pooling_mode` is on".to_owned()),
            others => Err(format!("one pooling of `mean`, `cls` and `lasttoken` is implemented, found {others:?}")),
        }
    }
}

#[derive(Deserialize)]
struct DenseJson {
    out_features: usize,
}

#[derive(Deserialize, Default)]
struct SentenceBertJson {
    max_seq_length: Option<usize>,
}

/// `tokenizer_config.json`, where version 6 of sentence-transformers keeps the limit.
#[derive(Deserialize, Default)]
struct TokenizerJson {
    /// 10³⁰ stands for none.
    model_max_length: Option<f64>,
}

impl TokenizerJson {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a cast stays within the bounds
    fn limit(&self) -> Option<usize> {
        self.model_max_length.map(|limit| limit as usize)
    }
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize, Default)]
struct PromptsJson {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

impl PromptsJson {
    /// The prompt of a role: the first of these names that there is. The default prompt is for models whose prompts know no
    /// roles; one that names a prompt for questions alone wants none for papers.
    fn of(&self, names: &[&str]) -> String {
        let prompt = |name: &&str| self.prompts.get(*name);
        let roles = ["query", "document", "passage", "corpus"];
        let default = || {
            let name = self.default_prompt_name.as_deref()?;
            roles.iter().all(|role| prompt(role).is_none()).then(|| prompt(&name)).flatten()
        };
        names.iter().find_map(prompt).or_else(default).cloned().flatten().unwrap_or_default()
    }
}

pub(super) fn broken(folder: &Path, file: &str, reason: String) -> Error {
    Error::ModelFileBroken { path: folder.join(file), reason }
}

fn json<T: DeserializeOwned>(folder: &Path, file: &'static str) -> Result<T> {
    let path = folder.join(file);
    if !path.is_file() {
        return Err(Error::ModelFolderIncomplete { folder: folder.to_owned(), file });
    }
    let text = fs_err::read_to_string(&path)?;
    serde_json::from_str(&text).map_err(|error| Error::ModelFileBroken { path, reason: error.to_string() })
}

/// A file of a module.
fn json_in<T: DeserializeOwned>(folder: &Path, module: &str, file: &'static str) -> Result<T> {
    json(&folder.join(module), file)
}

pub(super) fn json_if_there<T: DeserializeOwned + Default>(folder: &Path, file: &'static str) -> Result<T> {
    if folder.join(file).exists() { json(folder, file) } else { Ok(T::default()) }
}
