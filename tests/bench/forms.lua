-- Posts forms from a file, one body a line, in turn; "once" stops behind the last one, "again" begins anew. The argument:
-- host, file, once or again, Authorization header, by spaces.
local bodies, at, once = {}, 0, false

function init(args)
  local host, path, turn, authorization = args[1]:match("^(%S+) (%S+) (%S+)%s?(.*)$")
  for line in io.lines(path) do bodies[#bodies + 1] = line end
  once = turn == "once"
  wrk.method = "POST"
  wrk.headers["Host"] = host
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
end

function request()
  at = at + 1
  if once and at > #bodies then wrk.thread:stop() end
  return wrk.format(nil, nil, nil, bodies[(at - 1) % #bodies + 1])
end
