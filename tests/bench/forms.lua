-- Posts forms from a file, one body a line, each once. The argument: host, file, Authorization header, by spaces.
local bodies, at = {}, 0

function init(args)
  local host, path, authorization = args[1]:match("^(%S+) (%S+)%s?(.*)$")
  for line in io.lines(path) do bodies[#bodies + 1] = line end
  wrk.method = "POST"
  wrk.headers["Host"] = host
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
end

function request()
  at = at + 1
  if at > #bodies then wrk.thread:stop() end
  return wrk.format(nil, nil, nil, bodies[(at - 1) % #bodies + 1])
end
