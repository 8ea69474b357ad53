-- Requests of a file, one a line: headers (Name: value, with "; " between), method, path and body, with tabs between.
-- Each thread begins elsewhere. At the end one line of JSON tells how it went.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

function init(args)
  requests, at, refused = {}, 0, 0
  for line in io.lines(args[1]) do
    local given, method, path, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = {}
    for name, value in given:gmatch("([^:;]+): ([^;]+)") do
      headers[name:match("^%s*(.-)$")] = value
    end
    if body == "" then body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  at = number * math.floor(#requests / 4)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function response(status)
  -- A redirect is no answer either; wrk itself counts only what is worse.
  if status > 299 then refused = refused + 1 end
end

function done(summary, latency, _)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("refused") end
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50_us": %d, "p95_us": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), failed))
end
