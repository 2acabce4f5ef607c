// A view for every page and state, as the server fills them.
import { qrcode } from "../../idp/web/wallet/lib/qrcode.js";

export function symbol(text) {
    const code = qrcode(0, "M");
    code.addData(text, "Alphanumeric");
    code.make();
    const n = code.getModuleCount();
    let d = "";
    for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (code.isDark(y, x)) d += `M${x + 4} ${y + 4}h1v1h-1z`;
    return { qr_text: text, qr_size: n + 8, qr_path: d };
}

const frame = symbol("HTTPS://LOCALHOST:8443/Q/ABCDEFGHIJKLMNOPQRSTUVWXYZ/1795300000/ABCDEFGHIJKLMNOP");
const asks = { client_name: "Cổng dịch vụ công", client_org: "Văn phòng Chính phủ", client_host: "dichvucong.localhost:8443" };
const operator = { operator: "uid 1000", role: "owner" };
const wait = { ...asks, t: "T", password_url: "/login?t=T", csrf_same: "c", csrf_cancel: "c", again_url: "/login/qr?t=T", paper_url: "/login/paper?t=T" };
const qrs = [
    { id: "aaa", label: "Thẻ giấy", kind: "Giấy", paper: true, active: true, pin_unset: true, printable: true, current: true, issued: "21/11/2026", expires: "21/11/2031" },
    { id: "bbb", label: "Điện thoại của An", kind: "Điện thoại", phone: true, active: true, issued: "21/11/2026", expires: "21/11/2028" },
    { id: "ccc", label: "Máy cũ", kind: "Điện thoại", phone: true, suspended: true, issued: "02/03/2026", expires: "02/03/2028" },
    { id: "ddd", label: "Điện thoại mất", kind: "Điện thoại", phone: true, revoked: true, issued: "02/03/2025", expires: "02/03/2027" },
];
const sessions = [
    { id: "s1", current: true, own: true, browser: "Chromium · Linux", network: "127.0.0.1", since: "08:10 21/11/2026", seen: "08:30", level: "Mức 1", means: "Mật khẩu", portals: "Cổng dịch vụ công, Thuế điện tử", person: "Nguyễn Văn An", person_id: "p" },
    { id: "s2", current: false, own: false, browser: "Firefox · Windows", network: "113.160.0.0/16", since: "08:20 21/11/2026", seen: "08:31", level: "Mức 1", means: "Mã QR (p0)", portals: "Cổng dịch vụ công", person: "Trần Thị Bình", person_id: "q" },
];

const places = [
    { channel: "sms", masked: "••• ••• 678", label: "Nhắn tin tới", csrf_send: "c" },
    { channel: "email", masked: "l•••@example.vn", label: "Gửi thư tới", csrf_send: "c" },
];
const generators = [
    { id: "g1", label: "Máy của Lan", reaches: "Mức 2", created: "21/11/2026", used: "08:30 21/11/2026" },
    { id: "g2", label: "Ứng dụng xác thực", reaches: "Mức 3", created: "21/11/2026", pending: true },
];

export const pages = [
    ["root", { demo: true, portals: [{ url: "#", name: "Cổng dịch vụ công", what: "dichvucong.localhost" }, { url: "#", name: "Thuế điện tử", what: "thue.localhost" }],
        people: [{ user_name: "an", password: "an-dang-nhap-1", name: "Nguyễn Văn An", what: "Công dân" }, { user_name: "binh", password: "binh-dang-nhap-2", name: "Trần Thị Bình", what: "Chủ hộ kinh doanh" }] }],
    ["login", { ...asks, t: "T", csrf_passkey: "c", any_way: true, ways: [{ url: "/login/qr?t=T", label: "Đăng nhập bằng mã QR", qr: true }], csrf_cancel: "c" }],
    ["login", { ...asks, t: "T", csrf_passkey: "c", any_way: true, ways: [{ url: "/login/qr?t=T", label: "Đăng nhập bằng mã QR", qr: true }], csrf_cancel: "c", csrf_select: "c", continue_as: "Nguyễn Văn An", user_name: "an", error: "Tên đăng nhập hoặc mật khẩu không đúng." }, "error"],
    ["login_qr", { ...wait, waiting: true, paste: true, paste_link: frame.qr_text, ...frame }, "waiting"],
    ["login_qr", { ...wait, taken: true, phone: "Điện thoại của An" }, "taken"],
    ["login_qr", { ...wait, digits: true, phone: "Điện thoại của An", tries: 3 }, "digits"],
    ["login_qr", { ...wait, dead: true, why: "Một điện thoại khác cũng quét mã này, nên mã đã bị hủy." }, "dead"],
    ["login_paper", { ...asks, t: "T", password_url: "/login?t=T", error: "Mã hoặc PIN không đúng." }],
    ["ways", { ...asks, t: "T", searches: true, password_url: "#", ways: [{ url: "#", label: "Đăng nhập bằng mã QR", qr: true }], last: [{ url: "#", name: "Ngân hàng Một" }],
        upstreams: Array.from({ length: 12 }, (_, i) => ({ url: "#", name: `Sở Thông tin và Truyền thông tỉnh thứ ${i + 1}`, organisation: `G${i + 10}.22`, down: i === 3 })) }],
    ["ways", { q: "khong co", searches: true, none: true, password_url: "#", upstreams: [] }, "none"],
    ["way_failed", { ...asks, title: "Nơi xác thực chưa trả lời", text: "Nơi bạn chọn để đăng nhập đang bận hoặc không trả lời. Hãy thử lại sau, hoặc chọn cách khác.", name: "Ngân hàng Một", again_url: "#", ways_url: "#", own_url: "#", request_id: "k3v9-2m1q" }],
    ["way_unknown", { ...asks, name: "Ngân hàng Một", ways_url: "#", own_url: "#" }],
    ["me_links", { notice: "Đã liên kết.", links: [{ name: "Ngân hàng Một", upstream: "bank", subject: "b1946ac92492d2347c6235b4d2611184", since: "08:10 21/11/2026", used: "08:20 21/11/2026" }], offers: [{ name: "Bưu điện", organisation: "G07", url: "#" }] }],
    ["link_confirm", { name: "Ngân hàng Một", there: "Nguyen Van An", here: "Nguyễn Văn An", user_name: "an", p: "H" }],
    ["consent", { ...asks, t: "T", name: "Nguyễn Văn An", offline: true, unknown: "Tên đệm · Số điện thoại", claims: [{ text: "Họ và tên", value: "Nguyễn Văn An" }, { text: "Ngày sinh", value: "18/04/1984" }, { text: "Số định danh cá nhân", value: "001084000018" }, { text: "Một bí danh của bạn, riêng cho cổng này" }] }],
    ["step_up", { ...asks, why: "Việc này cần hai yếu tố.", level: "Mức 2 (hai yếu tố)", qr_url: "#", back_url: "#" }],
    ["error", { title: "Trang đã cũ", text: "Hãy mở lại trang và thử lần nữa.", request_id: "k3v9-2m1q", status: 403, retry_url: "#", back_url: "#" }],
    ["signed_out", { everywhere: true, portals: [{ name: "Cổng dịch vụ công", reached: true }, { name: "Cổng cũ", reached: false }], return_url: "#" }],
    ["logout_portals", { t: "T", waiting: true, goes_on: true, portals: [{ name: "Cổng dịch vụ công", state: "Đã báo", tone: "good" }, { name: "Thuế điện tử", state: "Chưa trả lời", tone: "warn" }, { name: "Cổng tỉnh", state: "Kế tiếp", tone: "" }] }, "waiting"],
    ["logout_portals", { t: "T", goes_on: true, partial: true, asker_name: "Cổng tỉnh", portals: [{ name: "Cổng dịch vụ công", state: "Đã đăng xuất", tone: "good" }, { name: "Thuế điện tử", state: "Chưa đăng xuất được", tone: "bad" }, { name: "Cổng cũ", state: "Không báo được", tone: "warn" }] }, "partial"],
    ["logout_confirm", { ...asks, t: "T", name: "Nguyễn Văn An" }],
    ["form_post", { action: "about:blank", client_name: "Cổng dịch vụ công", fields: [{ name: "code", value: "x" }] }],
    ["me", { name: "Nguyễn Văn An", user_name: "an", level: "Mức 2 (hai yếu tố)", notice: "Đã tạm ngừng.", qrs, sessions,
        consents: [{ id: "c1", client_name: "Cổng dịch vụ công", client_org: "Văn phòng Chính phủ", claims: "Họ và tên, ngày sinh", since: "21/11/2026" }],
        activity: [{ at: "08:20 21/11/2026", text: "Đăng nhập bằng mã QR", where: "Firefox · Windows", undo: "u1", undo_act: "undo" }, { at: "08:10 21/11/2026", text: "Đăng nhập bằng mật khẩu", where: "Chromium · Linux" }], more_url: "#" }],
    ["login_passkey", { ...asks, t: "T", csrf_passkey: "c", back_url: "/login?t=T" }],
    ["login_passkey", { csrf_passkey: "c", back_url: "/login", error: "Không nhận khóa này. Hãy thử lại hoặc chọn cách khác." }, "error"],
    ["me_passkeys", { csrf_act: "c", fresh: true, notice: "Đã thêm khóa đăng nhập.", passkeys: [
        { id: "k1", name: "Máy ở nhà", level: "Mức 2 (hai yếu tố)", synced: true, created: "08:10 21/11/2026", used: "09:30 21/11/2026" },
        { id: "k2", name: "Khóa bảo mật của cơ quan", level: "Mức 3 (có sinh trắc)", attested: true, created: "08:12 21/11/2026" },
        { id: "k3", name: "Điện thoại của An", level: "Mức 2 (hai yếu tố)", phone: true, created: "08:12 21/11/2026" },
        { id: "k4", name: "Khóa cũ", level: "Mức 1", flagged: true, created: "08:12 02/03/2026", used: "10:00 02/03/2026" }] }],
    ["me_passkeys", { csrf_act: "c", passkeys: [], error: "Khóa này đã được thêm rồi." }, "empty"],
    ["me_password", { user_name: "an", error: "Hai lần nhập không giống nhau." }],
    ["login_code", { ...asks, t: "T", user_name: "lan", optional: true, sent_url: "/login/code/sent?t=T", recovery_url: "/login/recovery?t=T", other_url: "/login?t=T" }],
    ["login_code", { user_name: "lan", error: "Mã không đúng. Hãy xem lại ứng dụng hoặc tin nhắn.", other_url: "/login" }, "wrong"],
    ["login_sent", { ...asks, t: "T", csrf_send: "c", places, code_url: "/login/code?t=T", other_url: "/login?t=T" }],
    ["login_sent", { ...asks, t: "T", csrf_send: "c", places, ticket: "K", masked: "••• ••• 678", code_url: "/login/code?t=T", other_url: "/login?t=T" }, "sent"],
    ["login_sent", { ...asks, t: "T", csrf_send: "c", places: [], error: "Hiện chưa gửi được mã. Hãy thử lại sau hoặc chọn cách khác.", other_url: "/login?t=T" }, "none"],
    ["login_recovery", { ...asks, t: "T", user_name: "lan", code_url: "/login/code?t=T", other_url: "/login?t=T" }],
    ["me_codes", { generators, any_contact: true, csrf_send: "c", contacts: [{ target: "+84912345678", channel: "sms", verified: true }, { target: "lan@example.vn", channel: "email" }], left: 9, recovery_made: true, always: true, level: "Mức 2", notice: "Đã thêm ứng dụng xác thực." }],
    ["me_codes", { generators: [], left: 0, level: "Mức 1" }, "empty"],
    ["me_code_add", { ...symbol("OTPAUTH://TOTP/LOCALHOST:LAN"), secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", ticket: "K", level: "Mức 2" }],
    ["me_contact", { target: "+84912345678", channel: "sms", ticket: "K" }],
    ["me_contact", { target: "+84912345678", channel: "sms", error: "Hiện chưa gửi được mã. Hãy thử lại sau hoặc chọn cách khác." }, "away"],
    ["me_recovery", { user_name: "lan", codes: Array.from({ length: 10 }, (_, i) => ({ code: `abcd${i % 6 + 2}-fghij` })) }],
    ["certificate", { ...asks, t: "T", form_url: "https://localhost:8444/login/certificate", name: "NGUYỄN VĂN AN", issuer_name: "CN=Viettel-CA SHA-256, O=Viettel", back_url: "#" }],
    ["certificate", { ...asks, t: "T", form_url: "#", error: "Trình duyệt không gửi chứng thư nào.", back_url: "#" }, "none"],
    ["certificate", { binds: true, form_url: "#", name: "NGUYỄN VĂN AN", issuer_name: "Viettel-CA SHA-256", back_url: "/me" }, "bind"],
    ["me_certificate", { done: true, bind_url: "#", certificates: [{ id: "c1", subject: "NGUYỄN VĂN AN", issuer_name: "Viettel-CA SHA-256" }, { id: "c2", subject: "NGUYỄN VĂN AN", issuer_name: "VNPT-CA", over: true }] }],
    ["me_certificate", { none: true, bind_url: "#", certificates: [] }, "empty"],
    ["login_agencies", { ...asks, t: "T", back_url: "#", agencies: [{ url: "#", name: "Sở Thông tin và Truyền thông" }, { url: "#", name: "Bộ Tài chính" }] }],
    ["login_agency", { ...asks, t: "T", u: "stttt", agency: "Sở Thông tin và Truyền thông", back_url: "#", again_url: "#" }],
    ["login_agency", { u: "stttt", link: true, agency: "Sở Thông tin và Truyền thông", user_name: "an.nv", error: "Tên đăng nhập hoặc mật khẩu không đúng.", back_url: "#", again_url: "#" }, "error"],
    ["login_agency_code", { ...asks, t: "T", u: "stttt", agency: "Bộ Tài chính", challenge: "C", back_url: "#", again_url: "#" }],
    ["login_agency_code", { u: "stttt", agency: "Bộ Tài chính", challenge: "C", prompt: "Nhập mã trên thẻ của bạn", back_url: "#", again_url: "#" }, "prompt"],
    ["login_kerberos", { ...asks, t: "T", u: "btc", agency: "Bộ Tài chính", back_url: "#", again_url: "#" }],
    ["login_kerberos", { u: "btc", agency: "Bộ Tài chính", error: "Máy này không dùng vé Kerberos. Hãy chọn cách khác.", back_url: "#", again_url: "#" }, "refused"],
    ["login_assisted", { ...asks, t: "T", back_url: "#" }],
    ["login_assisted", { ...asks, t: "T", back_url: "#", error: "Mười hai chữ số này không đúng, đã dùng hoặc quá hai phút." }, "error"],
    ["counter", { csrf_vouch: "c", place: "Quầy 3" }],
    ["counter", { csrf_vouch: "c", place: "Quầy 3", error: "Không có ai với số này." }, "nobody"],
    ["counter", { csrf_vouch: "c", place: "Quầy 3", person: "p", name: "Nguyễn Văn An", birthdate: "18/04/1984", address: "Phường Tràng Tiền, quận Hoàn Kiếm, Hà Nội" }, "found"],
    ["counter", { csrf_vouch: "c", place: "Quầy 3", name: "Nguyễn Văn An", digits: "4815 2637 0912" }, "voucher"],
    ["kiosk", { t: "T", issuer: "https://localhost:8443", challenge: "C", kiosk: "K", plain_url: "#" }],
    ["kiosk_enrol", { issuer: "https://localhost:8443" }],
    ["kiosk_enrol", { issuer: "https://localhost:8443", error: "Liên kết đã dùng hoặc hết hạn. Hãy xin quản trị viên một liên kết mới." }, "refused"],
    ["kiosk_enrol", { issuer: "https://localhost:8443", name: "Máy 1", place: "Bộ phận một cửa quận Hoàn Kiếm" }, "enrolled"],
    ["me_pin", { id: "aaa", label: "Thẻ giấy" }],
    ["me_paper", { name: "Nguyễn Văn An", id: "abcd efgh ijkl mnop qrst uvwx yz", issued: "21/11/2026", expires: "21/11/2031",
        codes: [{ title: "Để đăng nhập, kèm mã PIN", what: "Không chứa thông tin về bạn.", handle: true, ...symbol(frame.qr_text) }, { title: "Để cho biết bạn là ai", what: "Chứa họ tên.", ...symbol(frame.qr_text.repeat(6)) }] }],
    ["me_confirm", { user_name: "an", next: "/me/phones/enrol" }],
    ["enrol_phone", { e: "E", waiting: true, paste: true, paste_link: "HTTPS://LOCALHOST:8443/Q/E/ABCDEFGHIJKLMNOPQRSTUVWXYZ", ...symbol("HTTPS://LOCALHOST:8443/Q/E/ABCDEFGHIJKLMNOPQRSTUVWXYZ") }, "waiting"],
    ["enrol_phone", { e: "E", digits: true, phone: "Điện thoại của An", tries: 2, error: "Các chữ số không đúng." }, "digits"],
    ["enrol_phone", { e: "E", done: true, phone: "Điện thoại của An" }, "done"],
    ["qr_link", {}],
    ["wallet", { issuer: "https://localhost:8443", paste: true }],
    ["verify", { issuer: "https://localhost:8443" }],
    ["console_link", { csrf_login: "c" }],
    ["console_approvals", { ...operator, approvals: [{ id: "v1", act: "token", scopes: "keys", asked_by: "uid:0", may: true, asked: "08:10 21/11/2026", expires: "08:25" }, { id: "v2", act: "administrator", scopes: "scim clients revoke audit keys", asked_by: "admin:a1", approved_by: "uid:0", asked: "08:10", expires: "08:25" }] }],
    ["console_passkeys", { ...operator, csrf_remove: "c", administrators: [{ id: "a1", name: "Trần Văn Quản", held: "administrator", made_by: "uid:0", created: "08:10 21/11/2026", used: "09:00 21/11/2026" }] }],
    ["console_home", { ...operator, people: "6", clients: "2", sessions: "3", qrs: "9", pending: true, pending_count: "1", unreachable: [{ name: "Cổng cũ" }] }],
    ["console_people", { ...operator, q: "", people: [{ id: "p", user_name: "an", name: "Nguyễn Văn An", kind: "Cá nhân", level: "Mức 2", active: true }, { id: "q", user_name: "binh", name: "Trần Thị Bình", kind: "Cá nhân", level: "Mức 1", active: false }], next_url: "#" }],
    ["console_person", { ...operator, id: "mfzwizlqmfzwizlqmfzwizlqmf", name: "Nguyễn Văn An", user_name: "an", kind: "Cá nhân", level: "Mức 2", person_active: true, qrs, sessions }],
    ["console_sessions", { ...operator, sessions }],
    ["console_clients", { ...operator, clients: [{ id: "dvc", name: "Cổng dịch vụ công", org: "Văn phòng Chính phủ", host: "dichvucong.localhost", backchannel: true, introspects: true }, { id: "cu", name: "Cổng cũ", host: "cu.localhost", unreachable: true }] }],
    ["console_audit", { ...operator, type: "", subject: "", entries: [{ seq: 12, at: "08:20:11 21/11/2026", type: "qr.revoked", actor: "uid 1000", subject: "mfzwizlqmfzwizlqmfzwizlqmf", detail: "reason=lost" }] }],
    ["console_receipt", { ...operator, receipt_id: "r-1", what: "Điện thoại của An · Nguyễn Văn An", at: "08:20:11 21/11/2026", reason: "mất máy", sessions: "1", families: "2", lists: "3", portals: [{ name: "Cổng dịch vụ công", confirmed: true, confirmed_at: "08:20:11" }, { name: "Thuế điện tử" }, { name: "Cổng cũ", unreachable: true }], back_url: "#" }],
];
