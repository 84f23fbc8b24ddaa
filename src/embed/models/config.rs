//! Reads `config.json`. Each architecture defines the keys that it needs, the default of each, and its own check of unsupported
//! values.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads `config.json` of a network. A key that is missing or `null` has its value in `defaults`, an object; all other keys that
/// are needed must be there. `names` are keys with another name, and the name in `T`. An error message of `check` becomes an
/// error.
pub(super) fn read<T: DeserializeOwned>(
    folder: &Path,
    defaults: Value,
    names: &[(&str, &str)],
    check: impl Fn(&T) -> Result<(), String>,
) -> Result<T> {
    let path = folder.join("config.json");
    let text = fs_err::read_to_string(&path)?;
    let config = serde_json::from_str(&text).map_err(|error| error.to_string());
    let config = config.and_then(|found| with_defaults(found, defaults, names)).and_then(|config| {
        let config = serde_json::from_value(config).map_err(|error| error.to_string())?;
        check(&config).map(|()| config)
    });
    config.map_err(|reason| Error::ModelFileBroken { path, reason })
}

fn with_defaults(found: Map<String, Value>, defaults: Value, names: &[(&str, &str)]) -> Result<Value, String> {
    let mut config = defaults;
    let all = config.as_object_mut().ok_or("the defaults are not an object")?;
    for (key, value) in found {
        if value.is_null() {
            continue;
        }
        let name = names.iter().find(|(other, _)| *other == key).map_or(key.as_str(), |(_, name)| name);
        all.insert(name.to_owned(), value);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::super::Architecture;
    use super::*;

    #[test]
    fn missing_keys_have_the_defaults_of_transformers() {
        let limits = |config: &str| {
            let folder = tempfile::tempdir().unwrap();
            fs_err::write(folder.path().join("config.json"), config).unwrap();
            let model_type = serde_json::from_str::<Value>(config).unwrap()["model_type"].as_str().unwrap().to_owned();
            let (_, loader) = Architecture::of_model_type(&model_type).unwrap();
            (loader.limits)(folder.path()).map(|limits| [limits.hidden, limits.longest])
        };
        // The classes of configurations in transformers 5.24.
        for (model_type, longest) in [
            ("bert", 512),
            ("roberta", 510),
            ("xlm-roberta", 510),
            ("distilbert", 512),
            ("mpnet", 510),
            ("modernbert", 8192),
            ("nomic_bert", 2048),
        ] {
            let config = format!(r#"{{"model_type": "{model_type}"}}"#);
            assert_eq!(limits(&config).unwrap(), [768, longest], "{model_type}");
        }
        let config = r#"{"model_type": "nomic_bert", "n_embd": 96, "n_positions": null, "rope_parameters": null}"#;
        assert_eq!(limits(config).unwrap(), [96, 2048]);
        let config = r#"{"model_type": "roberta", "pad_token_id": 3, "max_position_embeddings": 40}"#;
        assert_eq!(limits(config).unwrap(), [768, 36]);
        let config = r#"{"model_type": "distilbert", "dim": 24, "hidden_size": 24}"#;
        assert_eq!(limits(config).unwrap(), [24, 512]);
        let error = limits(r#"{"model_type": "bert", "hidden_size": "many"}"#).unwrap_err().to_string();
        assert!(error.contains("invalid type: string \"many\", expected usize"), "{error}");
    }
}
