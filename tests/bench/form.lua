-- Posts one and the same form. The argument: host, body and (if any) Authorization header, by spaces.
function init(args)
  local host, body, authorization = args[1]:match("^(%S+) (%S+)%s?(.*)$")
  wrk.method = "POST"
  wrk.body = body
  wrk.headers["Host"] = host
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
end
