-- Posts one and the same form and appends "token=…" of each answer to a file. The argument: host, file, body,
-- Authorization header, by spaces.
local out

function init(args)
  local host, path, body, authorization = args[1]:match("^(%S+) (%S+) (%S+)%s?(.*)$")
  out = io.open(path, "a")
  out:setvbuf("line")
  wrk.method = "POST"
  wrk.body = body
  wrk.headers["Host"] = host
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
end

function response(_, _, body)
  local token = body:match('"access_token":"([^"]+)"')
  if token then out:write("token=", token, "\n") end
end
