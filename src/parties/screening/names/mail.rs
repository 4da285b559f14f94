//! Domains among names.
//!
//! In: a cleaned text. Out: the domain it is, and whether anybody can have a mailbox there. It refuses to know whose a
//! domain is.

/// Ends of domains; what ends otherwise is a word with a dot in it.
const TOP: &str = "com net org edu gov mil int info biz io ai co me tv cc app dev cloud tech cn hk tw mo sg my jp kr kp in \
    pk ir ae tr ru su by ua kz uz de fr uk eu it es nl ch at se no fi pl cz us ca mx br au nz za vn th id ph";

/// Mailboxes anybody can have.
const FREE_MAIL: &str = "qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net 188.com vip.163.com 139.com 189.cn wo.cn sina.com \
    sina.cn sina.com.cn vip.sina.com sohu.com tom.com 21cn.com aliyun.com 263.net gmail.com googlemail.com \
    outlook.com hotmail.com live.com live.cn msn.com yahoo.com yahoo.cn yahoo.com.cn yahoo.co.jp ymail.com \
    icloud.com me.com mac.com aol.com gmx.com gmx.net gmx.de web.de mail.com mail.ru bk.ru inbox.ru list.ru \
    yandex.ru yandex.com ya.ru rambler.ru protonmail.com proton.me pm.me tutanota.com zoho.com fastmail.com \
    naver.com daum.net hanmail.net mailbox.org hushmail.com dingtalk.com";

/// Whether anybody can have a mailbox there, so that it names nobody.
pub(in super::super) fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.split(' ').any(|known| known == domain)
}

/// The domain a text consists of, or that of the address it is.
pub(super) fn domain_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
    let (_, top) = domain.rsplit_once('.')?;
    (TOP.split(' ').any(|known| known == top) && domain.split('.').all(label) && !text.contains(char::is_whitespace))
        .then_some(domain)
}
