// SPDX-License-Identifier: MIT

package vm

// A Mutant breaks one thing that is promised. The scenario that shows the promise has to
// fail with it, else it shows nothing.
type Mutant struct {
	Name     string
	Promise  string // what is broken
	Scenario string
	Fails    string // of the text of the check that has to fail
	File     string // which file is edited; rc.bond where empty
	In       string // the function that is edited; all of the file where empty
	From, To string // text that stands there once, and what stands there instead
}

// rcBond is edited as it is rendered.
const rcBond = "rc.d/rc.bond.tmpl"

func (m *Mutant) file() string {
	if m.File == "" {
		return rcBond
	}
	return m.File
}

// Mutants lists them by promise. Edits are as short as they can be, so that they outlive
// changes that are none of their business.
var Mutants = []Mutant{
	// What was asked for is read back; no address without members; defaults.
	{
		Name: "option-not-read-back", Promise: "an option that the kernel did not take is named",
		Scenario: "rc_readback", Fails: "setting updelay 200",
		File: "internal/engine/bringup.go", In: "setOptions",
		From: `r.lack(w.want, "setting %s %s: the kernel accepted`,
		To:   `r.log("setting %s %s: the kernel accepted`,
	},
	{
		Name: "duplicate-not-told", Promise: "an IPv6 address that somebody else has is a failure",
		Scenario: "rc_readback", Fails: "2001:db8:77::2/64",
		File: "internal/engine/address.go", In: "checkAddresses",
		From: "case flags&unix.IFA_F_DADFAILED != 0:",
		To:   "case false:",
	},
	{
		Name: "duplicate-not-awaited", Promise: "start waits until an IPv6 address can be used",
		Scenario: "rc_readback", Fails: "2001:db8:77::2/64",
		File: "internal/engine/address.go", In: "wait",
		From: "since < dadTime && r.tentative(w, link) ||",
		To:   "",
	},
	{
		Name: "netlink-believed", Promise: "bondctl set reads back what the kernel accepted",
		Scenario: "bondctl_set", Fails: "updelay was set to",
		File: "internal/bondlink/conn.go", In: "Set",
		From: "got, found, err := c.Get(name, o)",
		To:   "got, found, err := value, true, error(nil)",
	},
	{
		Name: "bond-without-members", Promise: "no address goes onto a bond without members",
		Scenario: "rc_missing_nic", Fails: "none of its members could join it",
		File: "internal/engine/bringup.go", In: "raise",
		From: "if len(w.here) == 0 {",
		To:   "if false {",
	},
	{
		Name: "default-mode", Promise: "the default mode is active-backup",
		Scenario: "rc_failover", Fails: "the default mode",
		File: "internal/plan/bond.go",
		From: "b.out.Mode = bond.ActiveBackup\n",
		To:   "b.out.Mode = bond.BalanceRR\n",
	},
	{
		Name: "default-monitor", Promise: "miimon is 100 where no monitor is named",
		Scenario: "rc_missing_nic", Fails: "miimon",
		File: "internal/plan/options.go",
		From: `const defaultMIIMon = "100"`,
		To:   `const defaultMIIMon = "0"`,
	},

	// start checks everything that it can before it touches anything.
	{
		Name: "faults-are-advice", Promise: "a bond with a fault is not started",
		Scenario: "rc_bad_config", Fails: "unknown option: no module was loaded",
		File: "internal/plan/compile.go", In: "Compile",
		From: "!b.bad &&",
		To:   "",
	},
	{
		Name: "syntax-error", Promise: "a file that bash cannot read is not half used",
		Scenario: "rc_bad_config", Fails: "wanted 2: rc_bond start",
		File: "internal/rcbond/rcbond.go", In: "configuration",
		From: "if len(conf.Faults) > 0 || conf.DOS {",
		To:   "if conf.DOS {",
	},
	{
		Name: "syntax-unheard", Promise: "rc.bond hands over what bash says about the file",
		Scenario: "rc_bad_config", Fails: "unexpected EOF",
		From: "  exec 2>&1\n",
		To:   "  :\n",
	},
	{
		Name: "exit-unnoticed", Promise: "a file that ends the shell starts nothing, and that is said",
		Scenario: "rc_bad_config", Fails: "it ends rc.bond",
		File: "internal/bondconf/bash.go", In: "FromBash",
		From: "if !whole {",
		To:   "if !whole && false {",
	},
	{
		Name: "stop-needs-a-file", Promise: "stop works without a configuration that is right",
		Scenario: "rc_bad_config", Fails: "stop works with a broken file",
		File: "internal/rcbond/rcbond.go", In: "configuration",
		From: "\tif verb == Stop {\n\t\treturn p, exit.OK",
		To:   "\tif verb == \"\" {\n\t\treturn p, exit.OK",
	},
	{
		Name: "bridge-port", Promise: "a NIC of another bond or bridge is refused and named",
		Scenario: "rc_byhand", Fails: "belongs to",
		File: "internal/engine/survey.go", In: "joinable",
		From: "case nic.Master != 0:",
		To:   "case false:",
	},
	{
		Name: "loopback", Promise: "the loopback interface is refused",
		Scenario: "rc_byhand", Fails: "lo is the loopback interface",
		File: "internal/engine/survey.go", In: "joinable",
		From: "case nic.Flags&unix.IFF_LOOPBACK != 0:",
		To:   "case false:",
	},
	{
		Name: "bond-in-bond", Promise: "a bond is refused as a member",
		Scenario: "rc_byhand", Fails: "other is a bond itself",
		File: "internal/engine/survey.go", In: "joinable",
		From: `case nic.Kind == "bond":`,
		To:   "case false:",
	},
	{
		Name: "mac-in-use", Promise: "a MAC that somebody has is refused",
		Scenario: "rc_netlink_mac", Fails: "refused: nothing touched",
		File: "internal/engine/survey.go", In: "surveyAddress",
		From: "case inUse && r.Plan.MACCheck == plan.MACRefuse:",
		To:   "case false:",
	},
	{
		Name: "adopt-other-members", Promise: "a bond with other members is refused",
		Scenario: "rc_byhand", Fails: "which is not in BONDNICS",
		File: "internal/engine/survey.go", In: "surveyBond",
		From: `fault("has the member`,
		To:   `r.log("has the member`,
	},
	{
		Name: "adopt-other-mode", Promise: "a bond with another mode, MTU or MAC is refused",
		Scenario: "rc_byhand", Fails: "has mtu 1500, not 1400",
		File: "internal/engine/survey.go", In: "surveyBond",
		From: `fault("has %s %s, not %s", d.Kind`,
		To:   `r.log("has %s %s, not %s", d.Kind`,
	},
	{
		Name: "adopt-other-options", Promise: "a bond with another option is refused",
		Scenario: "rc_byhand", Fails: "has miimon 200, not 100",
		File: "internal/engine/survey.go", In: "surveyBond",
		From: `fault("has %s %s, not %s", d.Subject`,
		To:   `r.log("has %s %s, not %s", d.Subject`,
	},
	{
		Name: "adopt-and-change", Promise: "what was not asked for is not changed in an adopted bond",
		Scenario: "rc_byhand", Fails: "a default is not asked for",
		File: "internal/engine/survey.go", In: "survey",
		From: "w.want = given(w.want)",
		To:   "_ = given",
	},
	{
		Name: "take-what-is-used", Promise: "a bond that is up is not taken for an unused one",
		Scenario: "rc_byhand", Fails: "has mode broadcast",
		File: "internal/engine/survey.go", In: "surveyBond",
		From: " && link.Flags&unix.IFF_UP == 0",
		To:   "",
	},

	// What start did is undone, and nothing else.
	{
		Name: "remove-adopted", Promise: "stop removes no bond that rc.bond did not make",
		Scenario: "rc_byhand", Fails: "it stays: rc.bond did not make it",
		File: "internal/engine/undo.go",
		From: "u.remove = u.origin == journal.Made && from == 0",
		To:   "u.remove = from == 0",
	},
	{
		Name: "address-not-noted", Promise: "stop takes the addresses that start gave",
		Scenario: "rc_byhand", Fails: "with its own address alone",
		File: "internal/engine/address.go", In: "giveAddressesOf",
		From: "if err := w.j.Add(entries...); err != nil {",
		To:   "if err := error(nil); err != nil {",
	},
	{
		Name: "address-of-others", Promise: "stop leaves an address that was there before",
		Scenario: "rc_byhand", Fails: "with its own address alone",
		File: "internal/engine/address.go", In: "giveAddressesOf",
		From: "if _, ok := has[p]; !ok {",
		To:   "if _, ok := has[p]; !ok || ok {",
	},
	{
		Name: "mtu-not-noted", Promise: "stop gives a bond that it took its MTU back",
		Scenario: "rc_byhand", Fails: "all as before",
		File: "internal/engine/bringup.go", In: "setMTU",
		From: "if err := w.j.Add(journal.Entry{Verb: journal.MTU, MTU: link.MTU}); err != nil {",
		To:   "if err := error(nil); err != nil {",
	},
	{
		Name: "option-not-noted", Promise: "stop gives a bond that it took its options back",
		Scenario: "rc_byhand", Fails: "all as before",
		File: "internal/engine/bringup.go", In: "setOption",
		From: `if w.origin != journal.Made && member == "" || !w.fresh {`,
		To:   "if false {",
	},
	{
		Name: "another-boot", Promise: "a journal of another boot is void",
		Scenario: "rc_byhand", Fails: "a journal of another boot is void",
		File: "internal/journal/journal.go",
		From: "if h.Boot != j.dir.boot {",
		To:   `if h.Boot == "" {`,
	},
	{
		Name: "another-bond", Promise: "a bond made anew by somebody else is not ours",
		Scenario: "rc_byhand", Fails: "a bond that was made anew stays",
		File: "internal/engine/survey.go", In: "originOf",
		From: "case link.Index != index:",
		To:   "case link.Index != index && false:",
	},
	{
		Name: "nics-not-noted", Promise: "the journal is written before NICs are changed",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		File: "internal/engine/bringup.go", In: "noteNICs",
		From: "return w.reopen(entries...)",
		To:   "return nil",
	},
	{
		Name: "down-forgotten", Promise: "a NIC that was up is up again",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		File: "internal/engine/undo.go", In: "putBack",
		From: "problem(e, r.setUp(nic, e.Flags&unix.IFF_UP != 0))",
		To:   "problem(e, r.setUp(nic, false))",
	},
	{
		Name: "up-forgotten", Promise: "a NIC that was down is down again",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		File: "internal/engine/undo.go", In: "putBack",
		From: "problem(e, r.setUp(nic, e.Flags&unix.IFF_UP != 0))",
		To:   "problem(e, r.setUp(nic, true))",
	},
	{
		Name: "saved-forgotten", Promise: "a NIC gets its addresses and routes back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		File: "internal/engine/bringup.go", In: "entryOf",
		From: "saved := r.state.Of([]int{l.Index}, r.allLinks())",
		To:   "saved := rtnl.Saved{At: r.state.At}",
	},
	{
		Name: "vlan-of-nic", Promise: "a VLAN on a member keeps its addresses and routes",
		Scenario: "rc_undo", Fails: "a VLAN on a member keeps its addresses",
		File: "internal/engine/bringup.go", In: "enslave",
		From: "r.settleUppers(w)",
		To:   "",
	},
	{
		Name: "dhcp-of-nic", Promise: "a NIC's DHCP client is started again",
		Scenario: "rc_linkwait", Fails: "and started again",
		File: "internal/engine/undo.go", In: "putBack",
		From: "if e.DHCP && !r.Kernel.DHCPClient(e.Name) {",
		To:   "if false {",
	},
	{
		Name: "journal-of-others", Promise: "a journal that others can write to is not believed",
		Scenario: "rc_poor_machine", Fails: "others can write to this folder",
		File: "internal/journal/dir.go", In: "ours",
		From: "if st.Mode().Perm()&0o022 != 0 {",
		To:   "if false {",
	},
	{
		Name: "journal-readable", Promise: "the journals are root's alone",
		Scenario: "rc_poor_machine", Fails: "whatever the caller's umask",
		File: "internal/journal/dir.go", In: "check",
		From: "return f.Chmod(0o700)",
		To:   "return f.Chmod(0o755)",
	},
	{
		Name: "only-root", Promise: "only root starts bonds, and that is said",
		Scenario: "rc_poor_machine", Fails: "only root can start bonds",
		File: "internal/rcbond/rcbond.go", In: "root", From: "return os.Geteuid() == 0",
		To: "return os.Geteuid() >= 0",
	},

	// A second start changes nothing; what is wrong is mended.
	{
		Name: "member-down", Promise: "start sets a member up that somebody set down",
		Scenario: "rc_poor_machine", Fails: "is up again",
		File: "internal/engine/bringup.go", In: "mendMembers",
		From: "err = r.Kernel.SetUp(d.Subject, true)",
		To:   "err = nil",
	},
	{
		Name: "member-mac", Promise: "start gives a member the bond's MAC again",
		Scenario: "rc_missing_nic", Fails: "the address again",
		File: "internal/engine/bringup.go", In: "mendMembers",
		From: "err = r.Kernel.SetMAC(d.Subject, bond.Addr)",
		To:   "err = nil",
	},
	{
		Name: "member-mtu", Promise: "start gives a member the bond's MTU again",
		Scenario: "rc_missing_nic", Fails: "the MTU again",
		File: "internal/engine/bringup.go", In: "mendMembers",
		From: "err = r.Kernel.SetMTU(d.Subject, bond.MTU)",
		To:   "err = nil",
	},
	{
		Name: "switch-back", Promise: "a second start leaves the active member that it is",
		Scenario: "rc_failover", Fails: "a second start leaves the active one",
		File: "internal/engine/bringup.go", In: "chooseActive",
		From: "if !ok || !w.fresh && !w.restarted {",
		To:   "if !ok {",
	},
	{
		Name: "no-lock", Promise: "two runs at once: the second waits and says for whom",
		Scenario: "rc_runs", Fails: "waiting for another run",
		File: "internal/journal/dir.go", In: "take",
		From: "unix.LOCK_EX|unix.LOCK_NB",
		To:   "unix.LOCK_UN|unix.LOCK_NB",
	},

	// A NIC that is missing or cannot be used degrades, it does not deny.
	{
		Name: "missing-is-well", Promise: "a missing NIC is named, with status 1",
		Scenario: "rc_missing_nic", Fails: "status 0, wanted 1",
		File: "internal/engine/bringup.go", In: "raise",
		From: `r.lack(w.want, "%s; %s %s_start adds it`,
		To:   `r.log("%s; %s %s_start adds it`,
	},
	{
		Name: "unusable-denies", Promise: "a NIC that cannot be used does not deny the bond",
		Scenario: "rc_missing_nic", Fails: "the bond is up with the rest",
		File: "internal/engine/bringup.go", In: "enslave",
		From: "\t\tr.leaveOut(w, nic, err)\n\t\t// A first",
		To:   "\t\treturn err\n\t\t// A first",
	},
	{
		Name: "stop-with-vlans", Promise: "stop takes no VLAN along",
		Scenario: "rc_vlan", Fails: "stop left all as it was",
		File: "internal/engine/undo.go", In: "beginStop", From: "len(on) > 0",
		To: "len(on) > 99",
	},

	// status: one verdict.
	{
		Name: "mode-untold", Promise: "status tells that the mode is another one",
		Scenario: "rc_status", Fails: "mode is active-backup, asked for is balance-xor",
		File: "internal/plan/diff.go", In: "Diff",
		From: "if have.Mode != want.Mode.String() {",
		To:   "if false {",
	},
	{
		Name: "extra-untold", Promise: "status tells of a member that is not in the file",
		Scenario: "rc_status", Fails: "is a member, and not in BONDNICS",
		File: "internal/plan/diff.go", In: "members",
		From: "!wanted[name]",
		To:   "false && !wanted[name]",
	},

	// The link, the partner, the log.
	{
		Name: "no-waiting", Promise: "start waits for carrier before DHCP",
		Scenario: "rc_linkwait", Fails: "DHCP came after carrier",
		File: "internal/engine/address.go", In: "wait",
		From: "now-w.begun >= w.want.LinkWait",
		To:   "now-w.begun >= 0",
	},
	{
		Name: "dhcp-on-dead-link", Promise: "DHCP waits in the background where there is no link",
		Scenario: "rc_linkwait", Fails: "DHCP waits in the background",
		File: "internal/engine/address.go", In: "startDHCP",
		From: `args = append(args, "-b")`,
		To:   `args = append(args, "-d")`,
	},
	{
		Name: "cable-untold", Promise: "a cable that is out at start is told",
		Scenario: "rc_linkwait", Fails: "the cable that is out is told",
		File: "internal/engine/address.go", In: "tellLinks",
		From: "for _, nic := range r.withoutLink(link) {",
		To:   "for _, nic := range r.withoutLink(link)[:0] {",
	},
	{
		Name: "lacp-aggregators", Promise: "members in different aggregators are named",
		Scenario: "rc_lacp", Fails: "is in aggregator",
		File: "internal/bond/status_problems.go", In: "lacpProblems",
		From: "} else if p.Aggregator != first {",
		To:   "} else if false {",
	},
	{
		Name: "lacp-expired", Promise: "a partner that went silent is told",
		Scenario: "rc_lacp", Fails: "the LACP partner is silent",
		File: "internal/bond/status_problems.go", In: "lacpProblems",
		From: "case known && p.Actor&PortExpired != 0:",
		To:   "case false:",
	},
	{
		Name: "lost-terminal", Promise: "a restart over the bond's own connection comes back",
		Scenario: "rc_remote", Fails: "hung up: its status",
		From: "trap '' HUP PIPE",
		To:   ":",
	},
	{
		Name: "unheard", Promise: "a restart that nobody hears goes on",
		Scenario: "rc_remote", Fails: "unheard: its status",
		File: "cmd/bondctl/start.go",
		From: "signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)",
		To:   "signal.Ignore(syscall.SIGHUP)",
	},
	{
		Name: "not-logged", Promise: "details go to syslog where that runs",
		Scenario: "rc_log", Fails: "the log has",
		File: "internal/rcbond/report.go", In: "OpenSyslog",
		From: "r.Syslog, r.Syslogs = w, append(r.Syslogs, w)",
		To:   "r.Syslogs = append(r.Syslogs, w)",
	},
	{
		Name: "not-traced", Promise: "DEBUG_ETH_UP logs each change",
		Scenario: "rc_log", Fails: "with DEBUG_ETH_UP the log has each change",
		File: "internal/rcbond/rcbond.go",
		From: "if p.Debug {",
		To:   "if false {",
	},

	// The guard runs only when rc.inet1 is about to start the network or that bond.
	{
		Name: "guard-at-stop", Promise: "the guard makes no bond at stop",
		Scenario: "bondctl_inet1", Fails: "stop: no bond is made",
		File: "rc.d/guard.sh", From: `stop | down |`, To: `down |`,
	},
	{
		Name: "guard-any-interface", Promise: "the guard makes no bond for another interface",
		Scenario: "bondctl_inet1", Fails: "eth0_start: no bond is made",
		File: "rc.d/guard.sh", From: `*_start | *_up | *_restart) #`, To: `*_nothing) #`,
	},
	{
		Name: "guard-no-verb", Promise: "the guard makes the bonds at boot, without a verb",
		Scenario: "bondctl_inet1", Fails: "the bond is there, with both",
		File: "rc.d/guard.sh", From: `*) /etc/rc.d/rc.bond start`, To: `start) /etc/rc.d/rc.bond start`,
	},
	{
		Name: "guard-not-executable", Promise: "the guard leaves a script without the x bit alone",
		Scenario: "bondctl_inet1", Fails: "no bond while rc.bond is not executable",
		File: "rc.d/guard.sh", From: `[ -x /etc/rc.d/rc.bond ] || exit ;;`, To: `chmod +x /etc/rc.d/rc.bond ;;`,
	},
	{
		Name: "guard-any-reader", Promise: "the guard does nothing where something else reads the file",
		Scenario: "bondctl_inet1", Fails: "read by something else: nothing",
		File: "rc.d/guard.sh", From: `  *) exit ;;`, To: `  *) ;;`,
	},
	{
		Name: "guard-talks", Promise: "the guard prints nothing where all is well",
		Scenario: "bondctl_inet1", Fails: "boot: nothing printed",
		File: "rc.d/guard.sh", From: `rc.bond start >/dev/null ;;`, To: `rc.bond start ;;`,
	},
	{
		Name: "guard-restart", Promise: "rc.inet1 restart does not leave a bond's members down",
		Scenario: "bondctl_inet1", Fails: "restart: members that rc.inet1 takes for its own are up",
		File: "rc.d/guard.sh", From: `restart:*/rc.inet1)`, To: `nothing)`,
	},
}
