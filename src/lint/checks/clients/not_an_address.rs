//! Ports, URLs and hardware addresses where a client should stand: the colon in them cuts the rule
//! (F-FIELD-01, F-OPT-04).

use crate::engine::TableName;
use crate::lint::check::Harm;
use crate::lint::checks::lists::bare_ipv6;
use crate::lint::finding::{About, Rating};
use crate::lint::sink::Sink;
use crate::lint::view::{RuleView, patterns};
use crate::lint::words::{plain, quote};
use crate::policy::plain_quad;
use crate::span::Span;

rows! {
    /// A port, a URL or a hardware address stands where a client should be.
    ///
    /// libwrap compares addresses and names only. The colon in such a word ends the list of
    /// clients, and what follows is read as an option that does not exist: that refuses everybody
    /// whom the rule matches.
    ///
    /// Repair: by hand
    /// Facts: F-OPT-04 F-FIELD-01
    CHECK = Row::new("TW319", "not-an-address", Error, Missed, Run::Rule(check))
        .ends(Ends::Rest, 1).is_no_pattern();
}

/// Groups of a hardware address.
const GROUPS: usize = 6;

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    if let Some((text, span, _)) = patterns(&rule.clients).find(|word| is_hardware(word.0)) {
        hardware(rule, text, span, sink);
        return;
    }
    let (Some(option), Some((client, span, _))) =
        (rule.options.first(), patterns(&rule.clients).last())
    else {
        return;
    };
    let is_adjacent = option.name_span.start == span.end + 1;
    if !is_adjacent {
        return;
    }
    let name = &*option.name;
    if let Some(end) = pairs_end(client, rule) {
        let whole = Span::new(span.start, end);
        hardware(rule, whole.of(rule.source()), whole, sink);
        return;
    }
    let whole = Span::new(span.start, option.name_span.end);
    let text = whole.of(rule.source());
    if name.starts_with(b"//") && client.iter().all(u8::is_ascii_alphanumeric) {
        url(client, name, whole, text, sink);
        return;
    }
    port_or_mask(rule, client, name, whole, sink);
}

/// Where a hardware address ends that begins with the last client.
fn pairs_end(client: &[u8], rule: &RuleView<'_, '_>) -> Option<u32> {
    let is_pair = |text: &[u8]| text.len() == 2 && text.iter().all(u8::is_ascii_hexdigit);
    let pairs = rule.options.get(..GROUPS - 1)?;
    let are_pairs = is_pair(client) && pairs.iter().all(|option| is_pair(&option.name));
    let end = pairs.last()?.name_span.end;
    are_pairs.then_some(end)
}

fn url(client: &[u8], name: &[u8], whole: Span, text: &[u8], sink: &mut Sink) {
    let host = name
        .split(|byte| *byte == b'/')
        .find(|part| !part.is_empty());
    let host = host.unwrap_or_default().to_vec();
    let rating = Rating {
        harm: Harm::Missed,
        about: About::Clients(host.clone()),
    };
    sink.report_rated(whole, rating, || {
        (
            format!(
                "{} is a URL, and libwrap knows hosts: the pattern is {}, which matches nobody",
                quote(text),
                quote(client)
            ),
            format!("write the host: `{}`", plain(&host)),
        )
    });
}

fn port_or_mask(rule: &RuleView<'_, '_>, client: &[u8], name: &[u8], whole: Span, sink: &mut Sink) {
    let text = whole.of(rule.source());
    let is_port = !name.is_empty() && name.len() <= 5 && name.iter().all(u8::is_ascii_digit);
    let is_mask = plain_quad(name).is_some() && name.starts_with(b"255.");
    let is_client = client
        .iter()
        .any(|byte| b".]".contains(byte) || !byte.is_ascii_hexdigit());
    if !is_client || !(is_port || is_mask) || bare_ipv6::address(rule).is_some() {
        return;
    }
    let rating = Rating {
        harm: Harm::LocksOut,
        about: About::Clients(client.to_vec()),
    };
    sink.report_rated(whole, rating, || {
        let what = if is_port { "port" } else { "mask" };
        let help = if is_port {
            format!(
                "write `{}`; the daemon before the colon stands for its ports",
                plain(client)
            )
        } else {
            format!("write `{}/{}`", plain(client), plain(name))
        };
        (
            format!(
                "the {what} of {} is read as an option, and there is none of that name: {}",
                quote(text),
                crate::lint::words::REFUSES
            ),
            help,
        )
    });
}

fn is_hardware(text: &[u8]) -> bool {
    let mut groups = text.split(|&byte| byte == b'-');
    text.len() == GROUPS * 3 - 1
        && groups.all(|group| group.len() == 2 && group.iter().all(u8::is_ascii_hexdigit))
}

fn hardware(rule: &RuleView<'_, '_>, text: &[u8], span: Span, sink: &mut Sink) {
    let rating = Rating {
        harm: Harm::Missed,
        about: About::Clients(b"ALL".to_vec()),
    };
    sink.report_rated(span, rating, || {
        // What it has of options is the rest of the address.
        let what = match rule.table {
            TableName::Allow => "it lets nobody in",
            TableName::Deny => "it keeps nobody out",
        };
        (
            format!(
                "{} is a hardware address, which libwrap never sees; {what}",
                quote(text)
            ),
            "write the IP address of the client".to_owned(),
        )
    });
}
