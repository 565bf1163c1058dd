// SPDX-License-Identifier: MIT

package pkgtools

import "testing"

func TestParseName(t *testing.T) {
	for _, test := range []struct {
		path string
		want Name
		ok   bool
	}{
		{"foo-bar-1.0-x86_64-1_SBo.txz", Name{"foo-bar", "1.0", "x86_64", "1_SBo"}, true},
		{"/tmp/foo-1-noarch-2", Name{"foo", "1", "noarch", "2"}, true},
		{"a-b-c-d-e-f.tgz", Name{"a-b-c", "d", "e", "f"}, true},
		{"libstdc++-4.9-i586-1.tbz", Name{"libstdc++", "4.9", "i586", "1"}, true},
		{"foo-1-x.txz", Name{}, false},
		{"foo.txz", Name{}, false},
		{"foo---.txz", Name{"foo", "", "", ""}, false},
		{"-1-2-3.txz", Name{"", "1", "2", "3"}, false},
		{"foo-1%2-noarch-1.txz", Name{"foo", "1%2", "noarch", "1"}, false},
		{"foo bar-1-noarch-1.txz", Name{"foo bar", "1", "noarch", "1"}, false},
		{"foo-1\n-noarch-1.txz", Name{"foo", "1\n", "noarch", "1"}, false},
		{"", Name{}, false},
	} {
		got, err := ParseName(test.path)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ParseName(%q) = %+v, %v", test.path, got, err)
		}
	}
}

// The table of what installpkg makes of names.
func TestNamesAsInstallpkg(t *testing.T) {
	for _, test := range []struct{ path, full, base string }{
		{"foo-bar-1.0-x86_64-1_SBo.txz", "foo-bar-1.0-x86_64-1_SBo", "foo-bar"},
		{"foo.txz", "foo", "foo"},
		{"foo-1.txz", "foo-1", "foo-1"},
		{"foo-1-x.txz", "foo-1-x", "foo-1-x"},
		{"a-b-c-d-e-f.tgz", "a-b-c-d-e-f", "a-b-c"},
		{"foo---.txz", "foo---", "foo"},
		{"-1-2-3.txz", "-1-2-3", ""},
		{"dir/foo-1.0-x86_64-1.txz.txz", "foo-1.0-x86_64-1.txz", "foo"},
		{".txz", "", ""},
		{"foo.TXZ", "foo.TXZ", "foo.TXZ"},
	} {
		full, _ := TrimExt(test.path)
		if base := BaseName(full); full != test.full || base != test.base {
			t.Errorf("%q: %q, %q; want %q, %q", test.path, full, base, test.full, test.base)
		}
	}
}
