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
		Name: "option-not-read-back", Promise: "an option that the kernel did not take is a failure",
		Scenario: "rc_readback", Fails: "accepted it and has",
		In: "set_option", From: `is_set "$1" "$2" || blame`, To: `true || blame`,
	},
	{
		Name: "mac-not-read-back", Promise: "a MAC that the kernel did not take is a failure",
		Scenario: "rc_readback", Fails: "accepted it and has",
		In: "set_hwaddr", From: `[ "$REPLY" = "${hwaddr,,}" ] || blame`, To: `true || blame`,
	},
	{
		Name: "address-not-read-back", Promise: "an address that the kernel did not take is a failure",
		Scenario: "rc_readback", Fails: "does not have it",
		In: "check_addresses", From: `has_address "${w[2]}" ||`, To: `true ||`,
	},
	{
		Name: "netlink-not-read-back", Promise: "a netlink option that the kernel did not take is a failure",
		Scenario: "rc_readback", Fails: "lacp_strict",
		In: "set_by_netlink", From: `lacking "$1 $2 is not set: $WHY"`, To: `log "$WHY"`,
	},
	{
		Name: "netlink-believed", Promise: "bondctl set reads back what the kernel accepted",
		Scenario: "bondctl_set", Fails: "updelay was set to",
		File: "internal/bondlink/conn.go", In: "Set", From: `got, found, err := c.Get(name, o)`, To: `got, found, err := value, true, error(nil)`,
	},
	{
		Name: "bond-without-members", Promise: "no address goes onto a bond without members",
		Scenario: "rc_missing_nic", Fails: "it has no members",
		In: "bring_up", From: `[ -n "$REPLY" ] || blame`, To: `true || blame`,
	},
	{
		Name: "default-mode", Promise: "the default mode is active-backup",
		Scenario: "rc_failover", Fails: "the default mode",
		In: "load", From: `${BONDMODE[i]:-active-backup}`, To: `${BONDMODE[i]:-balance-rr}`,
	},
	{
		Name: "default-monitor", Promise: "miimon is 100 where no monitor is named",
		Scenario: "rc_missing_nic", Fails: "miimon",
		In: "load_monitor", From: `wish miimon 100`, To: `wish miimon 0`,
	},

	// start checks everything that it can before it touches anything.
	{
		Name: "unknown-option", Promise: "an option that does not exist is refused",
		Scenario: "rc_bad_config", Fails: "unknown option: nothing is touched",
		In: "load_option", From: `fault "IFOPTS[$i]: the bonding driver has no option`, To: `lacking "IFOPTS[$i]: the bonding driver has no option`,
	},
	{
		Name: "option-of-another-mode", Promise: "an option that the mode does not have is refused",
		Scenario: "rc_bad_config", Fails: "option of another mode: no module was loaded",
		In: "load_option", From: `fault "IFOPTS[$i]: $name does not exist`, To: `lacking "IFOPTS[$i]: $name does not exist`,
	},
	{
		Name: "wrong-value", Promise: "a value that the option cannot have is refused",
		Scenario: "rc_bad_config", Fails: "wrong value: no module was loaded",
		In: "check_value", From: "    return 1\n", To: "    return 0\n",
	},
	{
		Name: "syntax-error", Promise: "a file that bash cannot read is not half used",
		Scenario: "rc_bad_config", Fails: "wanted 2: rc_bond start",
		In: "read_conf", From: `[[ $problem == "$conf: line "* ]]`, To: `false`,
	},
	{
		Name: "bridge-port", Promise: "a NIC of another bond or bridge is refused and named",
		Scenario: "rc_byhand", Fails: "belongs to",
		In: "survey", From: `elif master "$nic"; then`, To: `elif false; then`,
	},
	{
		Name: "loopback", Promise: "the loopback interface is refused",
		Scenario: "rc_byhand", Fails: "lo is the loopback interface",
		In: "survey", From: `((REPLY & 8))`, To: `false`,
	},
	{
		Name: "bond-in-bond", Promise: "a bond is refused as a member",
		Scenario: "rc_byhand", Fails: "other is a bond itself",
		In: "survey", From: `[ -d "$net/$nic/bonding" ]`, To: `false`,
	},
	{
		Name: "name-taken", Promise: "an interface of the bond's name that is no bond is refused",
		Scenario: "rc_byhand", Fails: "is there and is no bond",
		In: "survey", From: `[ ! -d "$net/$bond/bonding" ]`, To: `false`,
	},
	{
		Name: "mac-in-use", Promise: "a MAC that somebody has is refused",
		Scenario: "rc_netlink_mac", Fails: "refused: nothing touched",
		In: "survey_address", From: `[ $status -eq 1 ] && [ "$MACCHECK" != warn ]`, To: `false`,
	},

	// What was made by hand is adopted where it fits, refused where not.
	{
		Name: "adopt-other-members", Promise: "a bond with other members is refused",
		Scenario: "rc_byhand", Fails: "which is not in BONDNICS",
		In: "survey_bond", From: `fault "it was made by other means and has $nic`, To: `lacking "it was made by other means and has $nic`,
	},
	{
		Name: "adopt-other-options", Promise: "a bond with another mode or option is refused",
		Scenario: "rc_byhand", Fails: "has miimon 200, not 100: not changed",
		In: "survey_bond", From: `fault "it was made by other means and has $name`, To: `lacking "it was made by other means and has $name`,
	},
	{
		Name: "adopt-other-mtu", Promise: "a bond with another MTU is refused",
		Scenario: "rc_byhand", Fails: "has MTU 1500, not 1400: not changed",
		In: "survey_bond", From: `fault "it was made by other means and has MTU`, To: `lacking "it was made by other means and has MTU`,
	},
	{
		Name: "adopt-other-mac", Promise: "a bond with another MAC is refused",
		Scenario: "rc_byhand", Fails: "not 02:aa:00:00:00:01: not changed",
		In: "survey_bond", From: `*) fault "it was made by other means and has the address`, To: `*) lacking "it was made by other means and has the address`,
	},
	{
		Name: "adopt-and-change", Promise: "what was not asked for is not changed in an adopted bond",
		Scenario: "rc_byhand", Fails: "a default is not asked for",
		In: "survey_bond", From: `unset 'want[miimon]'`, To: `:`,
	},
	{
		Name: "take-what-is-used", Promise: "a bond that is up is not taken for an unused one",
		Scenario: "rc_byhand", Fails: "has mode broadcast 3, not balance-xor: not changed",
		In: "survey_bond", From: `! is_up "$bond" && `, To: ``,
	},
	{
		Name: "remove-adopted", Promise: "stop removes no bond that rc.bond did not make",
		Scenario: "rc_byhand", Fails: "it stays: rc.bond did not make it",
		In: "undo", From: `[ "$origin" != made ] || `, To: ``,
	},
	{
		Name: "address-not-noted", Promise: "stop takes the addresses that start gave",
		Scenario: "rc_byhand", Fails: "with its own address alone",
		In: "give_addresses", From: `note "address $family $address"`, To: `:`,
	},
	{
		Name: "address-of-others", Promise: "stop leaves an address that was there before",
		Scenario: "rc_byhand", Fails: "with its own address alone",
		In: "give_addresses", From: `! has_address "$address" || continue`, To: `:`,
	},
	{
		Name: "option-not-noted", Promise: "stop gives a bond that it took its options back",
		Scenario: "rc_byhand", Fails: "all as before",
		In: "set_option", From: `note "opt $1 $REPLY"`, To: `:`,
	},
	{
		Name: "mtu-not-noted", Promise: "stop gives a bond that it took its MTU back",
		Scenario: "rc_byhand", Fails: "all as before",
		In: "set_mtu", From: `note "mtu $REPLY"`, To: `:`,
	},
	{
		Name: "another-boot", Promise: "a journal of another boot is void",
		Scenario: "rc_byhand", Fails: "a journal of another boot is void",
		In: "open_journal", From: `[ "${J[0]}" != "boot $boot" ]`, To: `false`,
	},
	{
		Name: "another-bond", Promise: "a bond made anew by somebody else is not ours",
		Scenario: "rc_byhand", Fails: "a bond that was made anew stays",
		In: "open_journal", From: `[ "$REPLY" != "$index" ]`, To: `false`,
	},

	// A start that fails puts the NICs back, and stop does: everything.
	{
		Name: "nics-not-noted", Promise: "the journal is written before NICs are changed",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "enslave", From: `note_nics "${add[@]}"`, To: `:`,
	},
	{
		Name: "down-forgotten", Promise: "a NIC that was up is up again",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "nic_back", From: `updown up "$1"`, To: `updown down "$1"`,
	},
	{
		Name: "up-forgotten", Promise: "a NIC that was down is down again",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "nic_back", From: `updown down "$1"`, To: `updown up "$1"`,
	},
	{
		Name: "mac-forgotten", Promise: "a NIC gets its MAC back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "note_nics", From: `$flags $mtu $REPLY`, To: `$flags $mtu 02:00:00:00:00:99`,
	},
	{
		Name: "mtu-forgotten", Promise: "a NIC gets its MTU back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "note_nics", From: `$flags $mtu $REPLY`, To: `$flags 1300 $REPLY`,
	},
	{
		Name: "v4-forgotten", Promise: "a NIC gets its IPv4 addresses back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "lines_of", From: `lines+=("addr`, To: `[[ $line != 6* ]] || lines+=("addr`,
	},
	{
		Name: "v6-forgotten", Promise: "a NIC gets its IPv6 addresses back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "lines_of", From: `lines+=("addr`, To: `[[ $line != 4* ]] || lines+=("addr`,
	},
	{
		Name: "label-forgotten", Promise: "addresses get their labels back",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "look", From: `line+=" label ${w[n]}"`, To: `:`,
	},
	{
		Name: "routes-forgotten", Promise: "the routes over a NIC are back",
		Scenario: "rc_undo", Fails: "stop leaves all as it was",
		In: "lines_of", From: `lines+=("route`, To: `true || lines+=("route`,
	},
	{
		Name: "route-order", Promise: "routes come back in an order that the kernel takes",
		Scenario: "rc_undo", Fails: "a failed start leaves all as it was",
		In: "put_back", From: `if has via "${w[@]}"; then`, To: `if false; then`,
	},
	{
		Name: "vlan-of-nic", Promise: "a VLAN on a member keeps its addresses and routes",
		Scenario: "rc_undo", Fails: "a VLAN on a member keeps its addresses",
		In: "enslave", From: `put_back vlans "${J[@]}"`, To: `:`,
	},
	{
		Name: "vlan-down", Promise: "a VLAN on a NIC that was down stays down",
		Scenario: "rc_undo", Fails: "a VLAN that was down stays down",
		In: "put_back", From: `else updown down "${w[1]}"`, To: `else updown up "${w[1]}"`,
	},
	{
		Name: "dhcp-of-nic", Promise: "a NIC's DHCP client is started again",
		Scenario: "rc_linkwait", Fails: "and started again",
		In: "put_back", From: `dhcp_start "${w[1]}" -b`, To: `:`,
	},
	{
		Name: "reason-lost", Promise: "a failure says what the kernel said",
		Scenario: "rc_undo", Fails: "adding 2001:db8:77::2/64: ",
		In: "refusals", From: `said+="${said:+; }$line"`, To: `said='some error'`,
	},
	{
		Name: "journal-unwritten", Promise: "what cannot be noted in the journal is not done",
		Scenario: "rc_poor_machine", Fails: "cannot write its journal",
		In: "note", From: `blame "cannot write its journal, $run/bond.$bond" || return`, To: `:`,
	},
	{
		Name: "program-missing", Promise: "without ifenslave nothing is touched",
		Scenario: "rc_poor_machine", Fails: "one line says: /sbin/ifenslave is not there",
		In: "check_tools", From: `[ ! -x "$ifenslave" ]`, To: `false`,
	},
	{
		Name: "dos-line-ends", Promise: "a file with the line ends of DOS is refused for these",
		Scenario: "rc_poor_machine", Fails: "one line says: rc.bond.conf has the line ends of DOS",
		In: "read_conf", From: `*$'\r'*`, To: `*$'\v'*`,
	},
	{
		Name: "names-for-echo", Promise: "a bond may be called e",
		Scenario: "rc_poor_machine", Fails: "is gone again",
		In: "put", From: `printf '%s\n' "$1"`, To: `echo "$1"`,
	},
	{
		Name: "routes-alone", Promise: "a NIC without an address gets its routes back",
		Scenario: "rc_poor_machine", Fails: "and comes back",
		In: "note_nics", From: `! ((flags & 1)) || look_routes`, To: `:`,
	},
	{
		Name: "member-down", Promise: "start sets a member up that somebody set down",
		Scenario: "rc_poor_machine", Fails: "is up again",
		In: "survey", From: `is_up "$nic" || idle+=("$nic")`, To: `:`,
	},

	// A second start changes nothing; a start after a kill converges.
	{
		Name: "begin-anew", Promise: "a second start does not begin anew",
		Scenario: "rc_modes", Fails: "a second start changes nothing",
		In: "bring_up", From: `[ ${#here[@]} -gt 0 ] || [ "$origin" = adopted ] || how=fresh`, To: `how=fresh`,
	},
	{
		Name: "switch-back", Promise: "a second start leaves the active member that it is",
		Scenario: "rc_failover", Fails: "a second start leaves the active one",
		In: "set_member_options", From: `[ "$name" != active_slave ] || [ "$1" = fresh ]`, To: `true`,
	},
	{
		Name: "not-said-before", Promise: "the journal says that a bond is made before it is",
		Scenario: "rc_kill_start", Fails: "stop leads back",
		In: "bring_up", From: `note making`, To: `:`,
	},
	{
		Name: "killed-while-making", Promise: "a bond whose making was killed is ours",
		Scenario: "rc_kill_start", Fails: "stop leads back",
		In: "open_journal", From: `[ -n "$making" ]`, To: `false`,
	},
	{
		Name: "no-lock", Promise: "two runs at once: the second waits and says for whom",
		Scenario: "rc_runs", Fails: "two of them waited",
		In: "lock", From: `! "$flock" -n 9`, To: `false`,
	},
	{
		Name: "daemon-keeps-lock", Promise: "a DHCP client does not hold the lock",
		Scenario: "rc_linkwait", Fails: "no daemon has the lock",
		In: "dhcp_start", From: ` 9>&-`, To: ``,
	},

	// A missing NIC degrades, and is added later; so does an option that the kernel lacks.
	{
		Name: "missing-denies", Promise: "a missing NIC does not deny the bond",
		Scenario: "rc_missing_nic", Fails: "the others are in",
		In: "survey", From: `missing+=("$nic")`, To: `fault "no $nic"`,
	},
	{
		Name: "missing-is-well", Promise: "a missing NIC is named, with status 1",
		Scenario: "rc_missing_nic", Fails: "status 0, wanted 1",
		In: "bring_up", From: `lacking "no such NIC`, To: `complain "no such NIC`,
	},
	{
		Name: "never-added", Promise: "a later BOND_start adds a NIC that was missing",
		Scenario: "rc_missing_nic", Fails: "all are in",
		In: "bring_up", From: `[ ${#add[@]} -eq 0 ]`, To: `[ $how = live ]`,
	},
	{
		Name: "missing-primary", Promise: "a primary that is missing does not deny the bond",
		Scenario: "rc_missing_nic", Fails: "the others are in",
		In: "set_option", From: `[ "$1" != primary ] || is_member "$2" || return 0`, To: `:`,
	},
	{
		Name: "lacking-denies", Promise: "an option that this kernel lacks is named, the others are set",
		Scenario: "rc_readback", Fails: "it is up all the same",
		In: "set_options", From: `set_by_netlink "$name" "$value"`, To: `set_by_netlink "$name" "$value" && false || return 1`,
	},

	// stop undoes what start did and nothing else.
	{
		Name: "stop-with-vlans", Promise: "stop takes no VLAN along",
		Scenario: "rc_vlan", Fails: "stop left all as it was",
		In: "stop", From: `[ ${#UPPERS[@]} -gt 0 ]`, To: `false`,
	},
	{
		Name: "unload-what-was-there", Promise: "stop unloads no driver that was there before",
		Scenario: "rc_runs", Fails: "one that was there is not",
		In: "load_modules", From: `[ ! -d "$root/sys/module/${module//-/_}" ] || continue`, To: `:`,
	},
	{
		Name: "bonding-was-there", Promise: "stop leaves bonding where it was loaded before",
		Scenario: "rc_runs", Fails: "bonding that was there stays",
		In: "load_modules", From: `[ ! -e "$net/bonding_masters" ]; then`, To: `true; then`,
	},
	{
		Name: "unload-never", Promise: "stop unloads the drivers that start loaded",
		Scenario: "rc_runs", Fails: "a driver that rc.bond loaded is unloaded",
		In: "undo_system", From: `run "$rmmod" "${w[1]}"`, To: `:`,
	},
	{
		Name: "unload-used", Promise: "a module that somebody else uses stays",
		Scenario: "rc_byhand", Fails: "a module that somebody else's bond needs stays",
		In: "in_use", From: `[ -z "$REPLY" ] || return 0`, To: `return 1`,
	},
	{
		Name: "gateway-of-others", Promise: "the default route stays while another bond is there",
		Scenario: "rc_addresses", Fails: "the default route stays with the other bond",
		In: "undo_system", From: `[ -z "$file" ] && `, To: ``,
	},

	// restart keeps what stands on the bond, and what others gave it.
	{
		Name: "restart-removes", Promise: "restart does not remove the bond, so VLANs stay",
		Scenario: "rc_vlan", Fails: "restart gave all back",
		In: "restart", From: `undo 0 keep`, To: `undo 0`,
	},
	{
		Name: "restart-vlans", Promise: "restart gives VLANs their addresses and routes back",
		Scenario: "rc_vlan", Fails: "restart gave all back",
		In: "restart", From: `all_of "$dev"`, To: `:`,
	},
	{
		Name: "restart-addresses", Promise: "restart keeps addresses that others gave the bond",
		Scenario: "rc_vlan", Fails: "restart gave all back",
		In: "restart", From: `lines_of "$bond"`, To: `:`,
	},
	{
		Name: "restart-old-address", Promise: "restart gives the new addresses instead of the old",
		Scenario: "rc_addresses", Fails: "the new address",
		In: "restart", From: "      without_ours\n", To: "      :\n",
	},
	{
		Name: "restart-blindly", Promise: "restart stops nothing that it cannot start",
		Scenario: "rc_vlan", Fails: "a wrong configuration: nothing touched",
		In: "restart", From: `! load "$1"`, To: `! { load "$1" || true; }`,
	},
	{
		Name: "lost-terminal", Promise: "a restart over the bond's own connection comes back",
		Scenario: "rc_remote", Fails: "hung up: its status",
		From: `trap '' HUP PIPE`, To: `:`,
	},

	// The link, the partner, the log.
	{
		Name: "no-waiting", Promise: "start waits for carrier before DHCP",
		Scenario: "rc_linkwait", Fails: "DHCP came after carrier",
		In: "wait_link", From: `has_carrier || problems=`, To: `true || problems=`,
	},
	{
		Name: "no-linkwait", Promise: "start waits as long as LINKWAIT says",
		Scenario: "rc_linkwait", Fails: "no carrier after 2 s",
		In: "wait_link", From: `wait=${LINKWAIT[i]:-$wait}`, To: `:`,
	},
	{
		Name: "dhcp-on-dead-link", Promise: "DHCP waits in the background where there is no link",
		Scenario: "rc_linkwait", Fails: "DHCP waits in the background",
		In: "configure", From: `if has_carrier; then`, To: `if true; then`,
	},
	{
		Name: "lacp-no-partner", Promise: "802.3ad without a partner is diagnosed",
		Scenario: "rc_lacp", Fails: "no LACP partner",
		In: "lacp", From: `[ "$partner" = 00:00:00:00:00:00 ]`, To: `false`,
	},
	{
		Name: "lacp-defaulted", Promise: "a member that hears no partner is named",
		Scenario: "rc_lacp", Fails: "each member tells that it hears nobody",
		In: "lacp", From: `((state & 64))`, To: `false`,
	},
	{
		Name: "lacp-aggregators", Promise: "members in different aggregators are named",
		Scenario: "rc_lacp", Fails: "members are in different aggregators",
		In: "lacp", From: `[ "$first" != several ] ||`, To: `true ||`,
	},
	{
		Name: "lacp-expired", Promise: "a partner that went silent is told",
		Scenario: "rc_lacp", Fails: "expired: its LACP partner went silent",
		In: "lacp", From: `((state & 128))`, To: `false`,
	},
	{
		Name: "lacp-not-yet", Promise: "a member that carries no traffic yet is named",
		Scenario: "rc_lacp", Fails: "is not collecting and distributing yet",
		In: "lacp", From: `((state & 48) != 48)`, To: `false`,
	},
	{
		Name: "unheard", Promise: "a restart that nobody hears goes on",
		Scenario: "rc_remote", Fails: "unheard: its status",
		From: `trap '' HUP PIPE`, To: `trap '' HUP`,
	},
	{
		Name: "not-logged", Promise: "details go to syslog where that runs",
		Scenario: "rc_log", Fails: "the log has",
		In: "open_log", From: `syslog=yes`, To: `:`,
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
