// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
)

// Of pip's settings those of the index stay, the environment's before install's before the global ones.
func TestIndexEnv(t *testing.T) {
	list := strings.Join([]string{
		`:env:.target='/elsewhere'`,
		`:env:.cert='/env.pem'`,
		`global.cert='/global.pem'`,
		`global.index-url='https://global.example/simple'`,
		`global.extra-index-url='https://a.example\nhttps://b.example/it\'s'`,
		`install.index-url="https://install.example/o'clock"`,
		`install.user='true'`,
		`install.require-virtualenv='true'`,
		`freeze.timeout='10'`,
		`For variant 'global', will try loading '/etc/pip.conf'`,
		`global.proxy=unquoted`,
		``,
	}, "\n")
	want := []string{"PIP_INDEX_URL=https://install.example/o'clock",
		"PIP_EXTRA_INDEX_URL=https://a.example\nhttps://b.example/it's", "PIP_CERT=/env.pem"}
	if got := indexEnv(list); !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

func TestUnquote(t *testing.T) {
	for literal, want := range map[string]string{`''`: "", `'a"b'`: `a"b`, `"a'b"`: "a'b",
		`'\\ \' \t \xe9 \u20ac'`: "\\ ' \t é €"} {
		if got, err := unquote(literal); got != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", literal, got, err, want)
		}
	}
	for _, literal := range []string{"", "'", "a", `'a"`, `'a'b'`, `'\'`, `'\q'`} {
		if got, err := unquote(literal); err == nil {
			t.Errorf("%s is %q; want an error", literal, got)
		}
	}
}

func TestPinned(t *testing.T) {
	got := pinned("# jupyter==1\nidna==3.11 \\\n    --hash=sha256:00\n" +
		"appnope==0.1.4 ; sys_platform == 'darwin' \\\n    --hash=sha256:00\nA_b.c==2.0\n")
	if want := []string{"idna==3.11", "A_b.c==2.0"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
	if all := pinned(requirements); len(all) < 50 ||
		!slices.ContainsFunc(all, func(pin string) bool { return strings.HasPrefix(pin, "jupyterlab==") }) {
		t.Errorf("requirements.lock pins %d packages, %q", len(all), all)
	}
}
