-- Questions for wrk: two to four words, another one each time; every tenth among the papers since 2024, every seventh without
-- abstracts. What is answered otherwise than with 200 is counted and told.
--
--     paperkin serve --store DIR --addr 127.0.0.1:7555 --log warn
--     wrk -t1 -c50 -d60s --latency -s benches/service/questions.lua http://127.0.0.1:7555
local words = {
  "graphs", "proteins", "galaxies", "compilers", "language", "images", "markets", "oceans", "transformers", "diffusion",
  "retrieval", "quantum", "speech", "robots", "climate", "genomes", "theorems", "networks", "attention", "privacy", "fairness",
  "causality", "optimisation", "sampling", "vision", "memory", "planning", "dialogue", "translation", "segmentation",
}
local asked = 0

math.randomseed(os.time())

request = function()
  asked = asked + 1
  local question = {}
  for place = 1, 1 + math.random(3) do
    question[place] = words[math.random(#words)]
  end
  local address = "/api/v1/search?q=" .. table.concat(question, "+")
  if asked % 10 == 0 then address = address .. "&from=2024" end
  if asked % 7 == 0 then address = address .. "&fields=id,title,score" end
  return wrk.format("GET", address)
end

done = function(summary)
  local errors = summary.errors
  io.write(string.format("errors: %d statuses, %d time-outs, %d connections\n", errors.status, errors.timeout,
    errors.connect + errors.read + errors.write))
end
