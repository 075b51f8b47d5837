// SPDX-License-Identifier: Apache-2.0

package pip

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Of pip's settings those of the index stay, the environment's before install's before the global ones.
func TestVariables(t *testing.T) {
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
	if got := variables(list); !slices.Equal(got, want) {
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

// Settings that tell where packages come from are kept, variables before configuration files, and no others.
func TestSettings(t *testing.T) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "PIP_") {
			t.Setenv(name, "") // restored after the test
			os.Unsetenv(name)
		}
	}
	path := filepath.Join(t.TempDir(), "pip.conf")
	config := "[global]\nuser = true\nindex-url = https://a.example/it's\nproxy = http://p.example:1\ntarget = /t\n" +
		"[install]\nextra-index-url =\n    https://b.example\n    https://c.example\nprefix = /p\n" +
		"[download]\nproxy = http://q.example:2\n"
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIP_CONFIG_FILE", path)
	t.Setenv("PIP_INDEX_URL", "https://user:pa=ss@d.example/simple")
	t.Setenv("PIP_USER", "1")
	program := "python3"
	if exec.Command(program, "-I", "-m", "pip", "--version").Run() != nil { // a Python without pip can make one with it
		venv := t.TempDir()
		if out, err := exec.Command(program, "-I", "-m", "venv", venv).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		program = filepath.Join(venv, "bin", "python")
	}
	t.Setenv("PIP_QUIET", "3")
	list := exec.Command(program, "-I", "-m", "pip", "config", "list")
	environment, err := Settings(list)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range environment {
		name, value, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "PIP_") && name != "PIP_CERT" { // which the machine's own pip.conf may set
			got[name] = value
		}
	}
	want := map[string]string{
		"PIP_CONFIG_FILE":     os.DevNull,
		"PIP_INDEX_URL":       "https://user:pa=ss@d.example/simple",
		"PIP_EXTRA_INDEX_URL": "\nhttps://b.example\nhttps://c.example", "PIP_PROXY": "http://p.example:1",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("settings %q, must be %q", got, want)
	}
}
