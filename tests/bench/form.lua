-- Posts one and the same form; the first argument is its body, the second (if any) the Authorization header.
function init(args)
  local body, authorization = args[1]:match("^(%S+)%s?(.*)$")
  wrk.method = "POST"
  wrk.body = body
  wrk.headers["Host"] = "localhost:8443"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  if authorization ~= "" then wrk.headers["Authorization"] = authorization end
end
