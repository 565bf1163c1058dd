// SPDX-License-Identifier: MIT

package hwaddr

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

const want = "02:00:5e:10:00:07"

// notations are all ways to write the address above, or the one given.
var notations = []struct{ text, addr string }{
	{"02:00:5e:10:00:07", want},
	{"02:00:5E:10:00:07", want},
	{"02-00-5e-10-00-07", want},
	{"02-00-5E-10-00-07", want},
	{"0200.5e10.0007", want},
	{"0200.5E10.0007", want},
	{"0200-5e10-0007", want},
	{"0200:5e10:0007", want},
	{"02005e-100007", want},
	{"02005e:100007", want},
	{"02005e100007", want},
	{"02005E100007", want},
	{"2:0:5e:10:0:7", want},
	{"2:0:5E:10:00:7", want},
	{"01:02:00:5e:10:00:07", want},
	{"1:2:0:5e:10:0:7", want},
	{"00:03:00:01:02:00:5e:10:00:07", want},
	{"00:01:00:01:2a:b7:11:22:02:00:5e:10:00:07", want},
	{"02 00 5e 10 00 07", want},
	{"02 00 5E 10 00 07", want},
	{"0102.005e.1000.07", want},
	{"0102.005E.1000.07", want},
	{"fe80::5eff:fe10:7", want},
	{"fe80::0000:5eff:fe10:0007", want},
	{"FE80::5EFF:FE10:7", want},
	{"fe80:0:0:0:0:5eff:fe10:7", want},
	{"2001:db8::5eff:fe10:7", want},
	{"fe80::216:3eff:feaa:aaaa", "00:16:3e:aa:aa:aa"},
}

func TestParse(t *testing.T) {
	for _, n := range notations {
		if a, err := Parse(n.text); err != nil || a.String() != n.addr {
			t.Errorf("Parse(%q) = %v, %v; want %s", n.text, a, err, n.addr)
		}
	}
	for _, s := range []string{
		"", " ", "bond0", "02:00:5e:10:00", "02:00:5e:10:00:07:08", "02:00:5e:10:00:0g", "02:00:5e:10:00:007",
		"02005e10000", "02005e1000071", "02.00.5e.10.00.07", "2-0-5e-10-0-7", "02:00-5e:10-00:07", "192.0.2.7",
		"02:00:5e:10:00:07 02:00:5e:10:00:08", "x 02:00:5e:10:00:07", "fe80::1", "0200.5e10", "02:00:5e:xx:xx:xx",
	} {
		if a, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", s, a)
		}
	}
}

// found joins all addresses in the text, those with mistakes as "!".
func found(text string) string {
	var list []string
	for i := 0; ; {
		m, ok := Find([]byte(text), i)
		if !ok {
			return strings.Join(list, " ")
		}
		if m.Bad != "" {
			list = append(list, "!"+text[m.Start:m.End])
		} else {
			list = append(list, m.Addr.String())
		}
		i = m.End
	}
}

func TestFindInText(t *testing.T) {
	for _, n := range notations {
		for _, around := range []string{"%", "(%)", "host %.", "mac=%,ip=1", "'%'", "\"%\"", "%\r", "a %: b", "<%>", "[%]", "ab12 %/x", "x %;"} {
			text := strings.ReplaceAll(around, "%", n.text)
			if got := found(text); got != n.addr {
				t.Errorf("in %q: found %q, want %s", text, got, n.addr)
			}
		}
	}
	for text, want := range map[string]string{
		"mac:02:00:5e:10:00:07":                                       want,
		"mac:0200.5e10.0007":                                          want,
		"mac:02-00-5e-10-00-07":                                       want,
		"HWaddr:2:0:5e:10:0:7":                                        want,
		"mac-02005e100007":                                            want,
		"02:00:5e:10:00:07-eth0":                                      want,
		"02:00:5e:10:00:07:eth0":                                      want,
		"02:00:5e:10:00:07\t02005e100008":                             want + " 02:00:5e:10:00:08",
		"0200.5e10.0007...":                                           want,
		"550e8400-e29b-41d4-a716-446655440000":                        "",
		"2026-11-21 10:20:30":                                         "",
		"2026-11-21T10:20:30.123456+01:00":                            "",
		"192.0.2.7 dev eth0":                                          "",
		"2001:db8:1:2:3:4:5:6":                                        "",
		"fe80::1:2:3:4 ::1 ::":                                        "",
		"2001::1:2:3:4:5:6, fe80::aa:bb:cc:dd:ee:ff":                  "",
		"MAC=02:00:5e:10:00:07:02:00:5e:10:00:08:08:00 SRC=":          want + " 02:00:5e:10:00:08",
		"MAC=ff:ff:ff:ff:ff:ff:02:00:5e:10:00:07:86:dd":               want,
		"aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77":                   "",
		"02:00:5e:10:00:07:08:00":                                     "",
		"0000:00:1f.2":                                                "",
		"fd8d:4fb3:5b2e::/64 2001:db8:5b2e::":                         "",
		"via fd8d:4fb3:5b2e/48, fd8d:4fb3:5b2e::.":                    "",
		"0200:5e10:0007/x 0200:5e10:0007: y":                          want + " " + want,
		"0102.005e.1000.0708 0202.005e.1000.07 102.005e.1000.07":      "",
		"cisco-0200.5e10.0007-Vl1":                                    want,
		"0000: 02 00 5e 10 00 07 08 00 45 00":                         "",
		"02 00 5e 10 00 07 08":                                        "",
		"7 02 00 5e 10 00 07 8":                                       want,
		"3...02 00 5e 10 00 07 ......Intel":                           want,
		"02 00 5e 10 00  07, 02 00 5e 10 00 07a":                      "",
		"16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48":             "",
		"SHA256:12:34:56:78:9a:bc:de:f0:12:34":                        "",
		"50:06:01:60:3b:a0:17:91":                                     "",
		"a0:00:02:20:fe:80:00:00:00:00:00:00:00:02:c9:03:00:01:02:03": "",
		"deadbeefdeadbeef 02005e100007a x02005e100007":                "",
		"1.3.6.1.2.1.17.7.1.2.2.1.2.10.2.0.94.16.0.44":                "",
		"00:16:3e:xx:xx:xx":                                           "",
		"02:00:5e:10:00":                                              "!02:00:5e:10:00",
		"02:00:5e:1O:00:07":                                           "!02:00:5e:1O:00:07",
		"02:00:5e:100:00:07":                                          "!02:00:5e:100:00:07",
		"02-00-5e-10-00-07-08":                                        "!02-00-5e-10-00-07-08",
		"O2:00:5e:10:00:07 and 02:00:5e:10:00:07":                     "!O2:00:5e:10:00:07 " + want,
		"00:00:00:00:00:00 ff:ff:ff:ff:ff:ff":                         "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff",
	} {
		if got := found(text); got != want {
			t.Errorf("in %q: found %q, want %q", text, got, want)
		}
	}
}

func TestUnusable(t *testing.T) {
	for text, unusable := range map[string]bool{
		"00:00:00:00:00:00": true, "ff:ff:ff:ff:ff:ff": true, "01:00:5e:00:00:01": true, "33:33:00:00:00:01": true,
		"02:00:5e:10:00:07": false, "00:16:3e:aa:aa:aa": false,
	} {
		a, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if why := a.Unusable(); (why != "") != unusable {
			t.Errorf("%s.Unusable() = %q, want one: %v", text, why, unusable)
		}
	}
}

func TestLinkLocal(t *testing.T) {
	a := Addr{2, 0, 0x5e, 0x10, 0, 7}
	if got := a.LinkLocal(); got != netip.MustParseAddr("fe80::5eff:fe10:7") {
		t.Errorf("LinkLocal of %s is %s", a, got)
	}
	if back, ok := FromEUI64(a.LinkLocal()); !ok || back != a {
		t.Errorf("FromEUI64(%s) = %s, %v", a.LinkLocal(), back, ok)
	}
}

func TestOwner(t *testing.T) {
	for text, want := range map[string]string{"00:16:3e:aa:aa:aa": "Xen", "52:54:00:10:00:32": "QEMU/KVM", "02:42:c0:00:02:01": "Docker", "02:00:5e:10:00:07": ""} {
		a, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := a.Owner(); p.Owner != want {
			t.Errorf("%s is of %q, want %q", text, p.Owner, want)
		}
	}
}

// TestWeak checks what takes a place for an address to be one.
func TestWeak(t *testing.T) {
	for text, weak := range map[string]bool{
		"123456789012": true, "02005e100007": true, "123456-789012": true, "02005e-100007": false, "1234-5678-9012": true, "1234.5678.9012": false,
		"0200-5e10-0007": false, "02 00 5e 10 00 07": true, "02-00-5e-10-00-07": false, "26-11-21-10-20-30": true, "26-13-21-10-20-30": false,
		"26-11-32-10-20-30": false, "26-11-21-24-20-30": false, "26-11-21-10-60-30": false, "26-11-21-10-20-60": false, "26-00-21-10-20-30": false,
		"26-11-00-10-20-30": false, "26-12-31-23-59-59": true, "26:11:21:10:20:30": false, "x-26-11-21-10-20-30": true, "mac-123456-789012": true, "0102.0304.0506.07": false,
	} {
		if m, ok := Find([]byte(text), 0); !ok || m.Bad != "" || m.Weak != weak {
			t.Errorf("Find(%q) = %+v, want weak: %v", text, m, weak)
		}
	}
}

// FuzzFind checks that whatever is found lies in the text, can be read alone,
// and that reading goes on.
func FuzzFind(f *testing.F) {
	for _, n := range notations {
		f.Add([]byte("a " + n.text + ": b"))
	}
	f.Add([]byte("O2:00:5e:10:00:07 and 02:00:5e:10:00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for i := 0; ; {
			m, ok := Find(b, i)
			if !ok {
				return
			}
			if m.Start < 0 || m.Start >= m.End || m.End > len(b) || m.End <= i {
				t.Fatalf("Find(%q, %d) = %+v: outside or no progress", b, i, m)
			}
			if m.Bad == "" {
				if a, err := Parse(m.Addr.String()); err != nil || a != m.Addr {
					t.Fatalf("%q does not round trip: %v, %v", m.Addr, a, err)
				}
			}
			i = m.End
		}
	})
}

func BenchmarkFind(b *testing.B) {
	var text bytes.Buffer
	for _, n := range notations[:12] {
		text.WriteString("host17 " + n.text + " port 7\n")
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		for i := 0; ; {
			m, ok := Find(text.Bytes(), i)
			if !ok {
				break
			}
			i = m.End
		}
	}
}
