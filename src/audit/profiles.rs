//! The table of profiles and their requirements.
//!
//! Numbers and commands are those of the published benchmarks; the words are ours. `docs/audit.md` says
//! where each was found, and what was not found.

use super::check::AllowedMode::{AtMost644OfRoot, Exactly644, Exactly644OfRoot};
use super::check::ScannerCheck::{
    EitherLists, EitherThere, Filled, Installed, Lists, Mode, Shown, There,
};
use super::check::{PackageName, ScannerCheck};
use super::demand::{Aim, AuditProfile, Besides, Demand, DemandKind};
use super::pattern::LinePattern;
use crate::engine::TableName::{Allow, Deny};

/// A requirement without more than its checks.
const fn demand(
    id: &'static str,
    kind: DemandKind,
    checks: &'static [ScannerCheck],
    aim: Aim,
    besides: Besides,
) -> Demand {
    Demand {
        id,
        kind,
        checks,
        aim,
        besides,
        not_from: None,
    }
}

const DEFAULT: ScannerCheck = Lists(Deny, LinePattern::Text("ALL: ALL"));
const SSHD: LinePattern = LinePattern::Text("sshd");

const fn tcpd(id: &'static str) -> Demand {
    let checks = &[Installed(PackageName::Tcpd)];
    demand(
        id,
        DemandKind::Package,
        checks,
        Aim::Nothing,
        Besides::Nothing,
    )
}

const fn tcp_wrappers(id: &'static str) -> Demand {
    let checks = &[Installed(PackageName::TcpWrappers)];
    demand(
        id,
        DemandKind::Package,
        checks,
        Aim::Nothing,
        Besides::Nothing,
    )
}

const fn allowed(id: &'static str) -> Demand {
    let checks = &[Shown(Allow)];
    demand(
        id,
        DemandKind::AllowTable,
        checks,
        Aim::Admits,
        Besides::Judged,
    )
}

const fn denied(id: &'static str) -> Demand {
    let (kind, aim) = (DemandKind::DenyDefault, Aim::RefusesOthers);
    demand(id, kind, &[DEFAULT], aim, Besides::Nothing)
}

const fn guarded_allow(id: &'static str, checks: &'static [ScannerCheck]) -> Demand {
    let (kind, aim) = (
        DemandKind::OnlyRootWrites(Allow),
        Aim::OnlyRootWrites(Allow),
    );
    demand(id, kind, checks, aim, Besides::Nothing)
}

const fn guarded_deny(id: &'static str, checks: &'static [ScannerCheck]) -> Demand {
    let (kind, aim) = (DemandKind::OnlyRootWrites(Deny), Aim::OnlyRootWrites(Deny));
    demand(id, kind, checks, aim, Besides::Nothing)
}

const fn sshd_limited(id: &'static str, checks: &'static [ScannerCheck]) -> Demand {
    let (kind, aim) = (DemandKind::SshdLimited, Aim::LimitsSshd);
    demand(id, kind, checks, aim, Besides::Nothing)
}

const fn some_hosts(id: &'static str, checks: &'static [ScannerCheck], besides: Besides) -> Demand {
    demand(id, DemandKind::SomeHosts, checks, Aim::RefusesSome, besides)
}

const SECTION_3_3: &[Demand] = &[
    tcpd("3.3.1"),
    allowed("3.3.2"),
    denied("3.3.3"),
    guarded_allow("3.3.4", &[Mode(Allow, Exactly644OfRoot)]),
    guarded_deny("3.3.5", &[Mode(Deny, Exactly644OfRoot)]),
];

const SECTION_3_4_OF_UBUNTU: &[Demand] = &[
    tcpd("3.4.1"),
    allowed("3.4.2"),
    denied("3.4.3"),
    guarded_allow("3.4.4", &[Mode(Allow, Exactly644OfRoot)]),
    guarded_deny("3.4.5", &[Mode(Deny, Exactly644OfRoot)]),
];

const SECTION_3_4_OF_RED_HAT_7: &[Demand] = &[
    tcp_wrappers("3.4.1"),
    allowed("3.4.2"),
    denied("3.4.3"),
    guarded_allow("3.4.4", &[Mode(Allow, Exactly644OfRoot)]),
    guarded_deny("3.4.5", &[Mode(Deny, Exactly644OfRoot)]),
];

const SECTION_3_4_OF_RED_HAT_6: &[Demand] = &[
    tcp_wrappers("3.4.1"),
    allowed("3.4.2"),
    denied("3.4.3"),
    guarded_allow("3.4.4", &[Mode(Allow, AtMost644OfRoot)]),
    guarded_deny("3.4.5", &[Mode(Deny, AtMost644OfRoot)]),
];

const SECTION_4_5: &[Demand] = &[
    tcp_wrappers("4.5.1"),
    allowed("4.5.2"),
    guarded_allow("4.5.3", &[Mode(Allow, Exactly644)]),
    denied("4.5.4"),
    guarded_deny("4.5.5", &[Mode(Deny, Exactly644)]),
];

const SECTION_7_4: &[Demand] = &[
    tcpd("7.4.1"),
    allowed("7.4.2"),
    guarded_allow("7.4.3", &[Mode(Allow, Exactly644)]),
    denied("7.4.4"),
    guarded_deny("7.4.5", &[Mode(Deny, Exactly644)]),
];

const BOTH_THERE: &[ScannerCheck] = &[There(Deny), There(Allow)];
const BOTH_FILLED: &[ScannerCheck] = &[Filled(Allow), Filled(Deny)];

/// All profiles, by benchmark.
pub const PROFILES: &[AuditProfile] = &[
    AuditProfile {
        id: "cis-debian-7",
        title: "CIS Debian Linux 7 and 8, version 1, section 7.4",
        source: "scanners of that benchmark; the commands are those of CIS Ubuntu 12.04",
        demands: SECTION_7_4,
    },
    AuditProfile {
        id: "cis-debian-8",
        title: "CIS Debian Linux 8, version 2, section 3.3",
        source: "its remediations; the commands are those of CIS Ubuntu 18.04",
        demands: SECTION_3_3,
    },
    AuditProfile {
        id: "cis-debian-9",
        title: "CIS Debian Linux 9, version 1.0.1, section 3.3",
        source: "its remediations; the commands are those of CIS Ubuntu 18.04",
        demands: SECTION_3_3,
    },
    AuditProfile {
        id: "cis-ubuntu-12.04",
        title: "CIS Ubuntu 12.04, version 1.1.0, section 7.4",
        source: "its audit procedure, and scanners of it",
        demands: SECTION_7_4,
    },
    AuditProfile {
        id: "cis-ubuntu-16.04",
        title: "CIS Ubuntu 16.04, version 1, section 3.4",
        source: "its audit procedure; grep is how scanners look at 3.4.3",
        demands: SECTION_3_4_OF_UBUNTU,
    },
    AuditProfile {
        id: "cis-ubuntu-18.04",
        title: "CIS Ubuntu 18.04, version 2.0.1, section 3.3",
        source: "its audit procedure; grep is how scanners look at 3.3.3",
        demands: SECTION_3_3,
    },
    AuditProfile {
        id: "cis-rhel-6",
        title: "CIS Red Hat Enterprise Linux 6, version 1, section 4.5",
        source: "scanners of that benchmark",
        demands: SECTION_4_5,
    },
    AuditProfile {
        id: "cis-rhel-6-v3",
        title: "CIS Red Hat Enterprise Linux 6, version 3.0.0, section 3.4",
        source: "its remediations: chmod u-x,go-wx; what its audit says of the mode was not found",
        demands: SECTION_3_4_OF_RED_HAT_6,
    },
    AuditProfile {
        id: "cis-rhel-7",
        title: "CIS Red Hat Enterprise Linux 7, version 1, section 4.5",
        source: "scanners of that benchmark",
        demands: SECTION_4_5,
    },
    AuditProfile {
        id: "cis-rhel-7-v2",
        title: "CIS Red Hat Enterprise Linux 7 and CentOS 7, version 2, section 3.4",
        source: "the audit procedure for CentOS 7; grep is how scanners look at 3.4.3",
        demands: SECTION_3_4_OF_RED_HAT_7,
    },
    AuditProfile {
        id: "GEN005540",
        title: "DISA STIG for RHEL 5, SLES 11, ESX 3 and AIX 6.1",
        source: "SV-37913r1, SV-46108r1, SV-12523r2, SV-38955r1",
        demands: &[sshd_limited("GEN005540", &[EitherLists(SSHD)])],
    },
    AuditProfile {
        id: "GEN005540-solaris",
        title: "DISA STIG for Solaris 10",
        source: "SV-227000r603265, SV-227907r603266",
        demands: &[sshd_limited(
            "GEN005540",
            &[EitherThere, EitherLists(LinePattern::SshdOrAll)],
        )],
    },
    AuditProfile {
        id: "GEN005540-hpux",
        title: "DISA STIG for HP-UX 11.23",
        source: "SV-35149r1",
        demands: &[sshd_limited(
            "GEN005540",
            &[EitherLists(LinePattern::AnyCase("sshd"))],
        )],
    },
    AuditProfile {
        id: "GEN006620",
        title: "DISA STIG for RHEL 5, Oracle Linux 5, SLES 11, AIX and Solaris 10",
        source: "SV-37758r1, SV-218673r603259, SV-45931r1, SV-12531r4, SV-220065r603265",
        demands: &[demand(
            "GEN006620",
            DemandKind::DenyDefault,
            &[There(Allow), There(Deny), DEFAULT],
            Aim::RefusesOthers,
            Besides::Nothing,
        )],
    },
    AuditProfile {
        id: "GEN006620-hpux",
        title: "DISA STIG for HP-UX 11.23",
        source: "SV-35222r1; it names /hosts.deny, which is taken for /etc/hosts.deny",
        demands: &[demand(
            "GEN006620",
            DemandKind::DenyDefault,
            &[
                There(Allow),
                There(Deny),
                Lists(Deny, LinePattern::UncommentedAll),
            ],
            Aim::RefusesOthers,
            Besides::Nothing,
        )],
    },
    AuditProfile {
        id: "SOL-11.1-030050",
        title: "DISA STIG for Solaris 11",
        source: "SV-216318r959010, SV-216083r603268",
        demands: &[some_hosts("SOL-11.1-030050", BOTH_THERE, Besides::Inetd)],
    },
    AuditProfile {
        id: "SOL-11.1-050140",
        title: "DISA STIG for Solaris 11",
        source: "SV-216144r603268, SV-216381r603267",
        demands: &[some_hosts("SOL-11.1-050140", BOTH_THERE, Besides::Inetd)],
    },
    AuditProfile {
        id: "AIX7-00-002112",
        title: "DISA STIG for AIX 7",
        source: "SV-215295r508663; since SV-215295r1009551 not for OpenSSH 6.7 and later",
        demands: &[Demand {
            not_from: Some((6, 7)),
            ..sshd_limited("AIX7-00-002112", &[EitherLists(SSHD)])
        }],
    },
    AuditProfile {
        id: "AIX7-00-003124",
        title: "DISA STIG for AIX 7",
        source: "SV-215419r991589",
        demands: &[demand(
            "AIX7-00-003124",
            DemandKind::DenyDefault,
            &[
                There(Allow),
                There(Deny),
                Lists(Deny, LinePattern::AllOfAll),
            ],
            Aim::RefusesOthers,
            Besides::Nothing,
        )],
    },
    AuditProfile {
        id: "RHEL-07-040810",
        title: "DISA STIG for RHEL 7",
        source: "SV-204628r603261, SV-86939r2",
        demands: &[some_hosts("RHEL-07-040810", BOTH_FILLED, Besides::Firewall)],
    },
    AuditProfile {
        id: "OL07-00-040810",
        title: "DISA STIG for Oracle Linux 7",
        source: "SV-221892r603260",
        demands: &[some_hosts("OL07-00-040810", BOTH_FILLED, Besides::Firewall)],
    },
];

/// The profile that is called so, whatever the case of its letters.
pub fn profile(id: &str) -> Option<&'static AuditProfile> {
    PROFILES
        .iter()
        .find(|profile| profile.id.eq_ignore_ascii_case(id))
}
