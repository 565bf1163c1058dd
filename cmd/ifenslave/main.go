// SPDX-License-Identifier: MIT

// ifenslave makes network interfaces members of a bond, releases them, and
// chooses the active one: a drop-in for the program of the same name that came
// with the kernel's documentation up to 3.x. Its manual is doc/ifenslave.8.
//
// The options are parsed by hand, and fmt and net are not linked: the program
// stays small and starts quickly. The work is done by internal/bond.
package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/version"
)

func main() {
	_, posix := os.LookupEnv("POSIXLY_CORRECT")
	os.Exit(run(os.Args[1:], posix, os.Stdout, os.Stderr))
}

const usage = `Usage: ifenslave [-f] BOND NIC...        make each NIC a member of the bond
       ifenslave -d BOND NIC...          release each NIC
       ifenslave -c BOND NIC             make the NIC the active member
       ifenslave BOND | -a               show the bond; all interfaces
       ifenslave -h | -u | -V            help; usage; version
`

const help = `
  -a, --all-interfaces   show all interfaces
  -c, --change-active    make a member the active one
  -d, --detach           release members
  -f, --force            go on though the bond is not Ethernet
  -h, --help             show this help
  -u, --usage            show the usage
  -v, --verbose          tell each step on stderr; goes with any other option
  -V, --version          show the version

The bond must exist and be up:
  modprobe bonding
  ip link set bond0 up
  ifenslave bond0 eth0 eth1
A NIC that joins loses its IP addresses; give the bond one. At boot
/etc/rc.d/rc.bond does all this.

Exit status: 0 all done, 1 something failed (the other NICs are still tried),
2 wrong usage (nothing was touched). See ifenslave(8).
`

// run is the program. posix: options end at the first operand.
func run(args []string, posix bool, stdout, stderr io.Writer) int {
	letters, operands, err := getopt(args, posix)
	if err != nil {
		return misuse(stderr, err.Error())
	}
	verbose := false
	var action rune // what to do; 0 is to enslave, or to show
	for _, letter := range letters {
		switch {
		case letter == 'v':
			verbose = true
		case action != 0:
			return misuse(stderr, "-"+string(action)+" and -"+string(letter)+" exclude each other")
		default:
			action = letter
		}
	}
	switch action {
	case 'V':
		return print(stdout, stderr, "ifenslave "+version.Version+"\n")
	case 'u':
		return print(stdout, stderr, usage)
	case 'h':
		return print(stdout, stderr, usage+help)
	}
	if problem := check(action, operands); problem != "" {
		return misuse(stderr, problem)
	}

	conn, err := bond.Open()
	if err != nil {
		return failed(stderr, err)
	}
	defer conn.Close()
	switch {
	case action == 'a':
		return show(conn, "", stdout, stderr)
	case len(operands) == 1:
		return show(conn, operands[0], stdout, stderr)
	}
	step := func(string) {}
	if verbose {
		step = func(s string) { io.WriteString(stderr, s+"\n") }
	}
	return change(conn, action, operands[0], operands[1:], step, stderr)
}

// check says what is wrong with the operands of an action.
func check(action rune, operands []string) string {
	switch {
	case action == 'a' && len(operands) > 0:
		return "-a takes no operands, got " + strconv.Quote(operands[0])
	case action == 'a':
	case len(operands) == 0:
		return "the name of a bond is missing"
	case (action == 'c' || action == 'd') && len(operands) == 1:
		return "-" + string(action) + " " + operands[0] + ": the name of a NIC is missing"
	case action == 'c' && len(operands) > 2:
		return "-c takes one NIC, got also " + strconv.Quote(strings.Join(operands[2:], " "))
	}
	for _, name := range operands {
		if err := bond.CheckName(name); err != nil {
			return err.Error()
		}
	}
	return ""
}

// change does the action to each NIC. A failure of one does not stop the next.
func change(conn *bond.Conn, action rune, name string, nics []string, step func(string), stderr io.Writer) int {
	anyKind := action != 0 // a bond need be Ethernet only for NICs to join, and not with -f
	b, err := conn.Bond(name, anyKind, step)
	if err != nil {
		return failed(stderr, err)
	}
	status := exit.OK
	for _, nic := range nics {
		var err error
		switch action {
		case 'c':
			err = b.Activate(nic)
		case 'd':
			var warning string
			if warning, err = b.Release(nic); warning != "" {
				io.WriteString(stderr, "ifenslave: warning: "+warning+"\n")
			}
		default:
			err = b.Enslave(nic)
		}
		if err != nil {
			status = failed(stderr, err)
		}
	}
	return status
}

func misuse(stderr io.Writer, problem string) int {
	io.WriteString(stderr, "ifenslave: "+problem+"\n"+usage)
	return exit.Usage
}

// failed tells an error, one line for each of joined ones.
func failed(stderr io.Writer, err error) int {
	io.WriteString(stderr, "ifenslave: "+strings.ReplaceAll(err.Error(), "\n", "\nifenslave: ")+"\n")
	return exit.Failed
}

// print writes a result; where it cannot be written in whole (a full disk),
// that is a failure.
func print(stdout, stderr io.Writer, text string) int {
	if _, err := io.WriteString(stdout, text); err != nil {
		return failed(stderr, err)
	}
	return exit.OK
}
