//! Measurements in the shape of `benches/results`, for `benches/report.py --add`.

use serde_json::{Value, json};

/// Prints one measurement as a line of JSON. It belongs in the file `results` of `benches/results`.
pub fn print(results: &str, command: &str, parameters: &Value, system: &str, values: &Value) {
    let record = json!({
        "results": results,
        "machine": machine(),
        "command": command,
        "parameters": parameters,
        "system": system,
        "values": values,
    });
    println!("{record}");
}

/// Name, family and model of the processor, as Linux reports them.
pub fn processor() -> String {
    format!("{}, family {} model {}", field("model name"), field("cpu family"), field("model"))
}

fn machine() -> Value {
    let flags = field("flags");
    let has = |flag: &str| flags.split_ascii_whitespace().any(|word| word == flag);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    json!({"processor": processor(), "cores": cores, "amx": has("amx_tile"), "avx512": has("avx512f")})
}

fn field(name: &str) -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name));
    line.and_then(|line| line.split(':').nth(1)).map_or("?", str::trim).to_owned()
}
