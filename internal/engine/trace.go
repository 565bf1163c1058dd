// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// Traced is a kernel that tells log of each change before it is made, in the
// words of ip(8) where it has some.
func Traced(k Kernel, log func(line string)) Kernel { return &traced{k, log} }

type traced struct {
	Kernel
	log func(string)
}

func (t *traced) say(format string, args ...any) { t.log(fmt.Sprintf(format, args...)) }

func (t *traced) CreateBond(name string, options [][2]string) (int, error) {
	text := "link add " + name + " type bond"
	for _, o := range options {
		text += " " + o[0] + " " + o[1]
	}
	t.log(text)
	return t.Kernel.CreateBond(name, options)
}

func (t *traced) DeleteBonds(names ...string) error {
	t.say("link delete %s", strings.Join(names, " "))
	return t.Kernel.DeleteBonds(names...)
}

func (t *traced) SetOption(bond, member, option, value string) error {
	whose := ""
	if member != "" {
		whose = member + ":"
	}
	t.say("link set %s type bond %s %s%s", bond, option, whose, value)
	return t.Kernel.SetOption(bond, member, option, value)
}

func (t *traced) Enslave(bond, nic string) error {
	t.say("link set %s master %s", nic, bond)
	return t.Kernel.Enslave(bond, nic)
}

func (t *traced) Release(bond, nic string) error {
	t.say("link set %s nomaster (%s)", nic, bond)
	return t.Kernel.Release(bond, nic)
}

func (t *traced) SetUp(name string, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	t.say("link set %s %s", name, state)
	return t.Kernel.SetUp(name, up)
}

func (t *traced) SetMTU(name string, mtu int) error {
	t.say("link set %s mtu %d", name, mtu)
	return t.Kernel.SetMTU(name, mtu)
}

func (t *traced) SetMAC(name string, addr []byte) error {
	t.say("link set %s address %s", name, net.HardwareAddr(addr))
	return t.Kernel.SetMAC(name, addr)
}

func (t *traced) Add(m rtnl.Message) error {
	t.say("add %s", m)
	return t.Kernel.Add(m)
}

func (t *traced) Delete(m rtnl.Message) error {
	t.say("delete %s", m)
	return t.Kernel.Delete(m)
}

func (t *traced) LoadModule(name string, args ...string) error {
	t.say("modprobe %s", strings.Join(append([]string{name}, args...), " "))
	return t.Kernel.LoadModule(name, args...)
}

func (t *traced) UnloadModule(name string) error {
	t.say("rmmod %s", name)
	return t.Kernel.UnloadModule(name)
}

func (t *traced) StartDHCP(ctx context.Context, nic string, args ...string) error {
	t.say("dhcpcd %s", strings.Join(append(args, nic), " "))
	return t.Kernel.StartDHCP(ctx, nic, args...)
}

func (t *traced) StopDHCP(nic string) error {
	t.say("dhcpcd -k %s", nic)
	return t.Kernel.StopDHCP(nic)
}

func (t *traced) ExasockManage(bond string) error {
	t.say("exasock manages %s", bond)
	return t.Kernel.ExasockManage(bond)
}

func (t *traced) ExasockRelease(bond string) error {
	t.say("exasock releases %s", bond)
	return t.Kernel.ExasockRelease(bond)
}
