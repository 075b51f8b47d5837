// SPDX-License-Identifier: Apache-2.0

// Package pip reads a user's pip settings: where packages come from and how they are reached, not where they go or
// which versions they are.
package pip

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// kept are the settings that say where packages come from and how they are reached. All others, such as target, prefix,
// user, constraint and require-virtualenv, would lead an installation elsewhere, or break it.
var kept = []string{
	"index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy", "cert", "client-cert", "timeout",
	"default-timeout", "retries", "resume-retries", "keyring-provider", "use-feature", "use-deprecated", "cache-dir",
	"no-cache-dir",
}

// Settings runs list, a Python's "-m pip config list", in an environment that it sets. It returns the variables with
// which another pip reaches packages as the user's environment and configuration files say, and reads no configuration
// file. Paths relative to the working folder become absolute.
func Settings(list *exec.Cmd) ([]string, error) {
	list.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return slices.ContainsFunc([]string{"PYTHON", "VIRTUAL_ENV", "PIP_QUIET", "PIP_VERBOSE", "PIP_LOG"},
			func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
	list.Env = append(list.Env, "PIP_USER=0", "PIP_GLOBAL=0", "PIP_SITE=0") // with one of these pip lists one file only
	out, err := list.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, fmt.Errorf("pip must be able to read its settings (pip config list): %w", err)
	}
	return append(variables(string(out)), "PIP_CONFIG_FILE="+os.DevNull), nil
}

// variables translates the output of pip config list, lines such as global.index-url='https://example.com'. A setting
// of the command install counts before a global one, and one of the environment before both.
func variables(list string) []string {
	sections := []string{"global", "install", ":env:"}
	rank, values := map[string]int{}, map[string]string{}
	for line := range strings.Lines(list) {
		key, literal, _ := strings.Cut(strings.TrimSpace(line), "=")
		section, name, _ := strings.Cut(key, ".")
		value, err := unquote(literal)
		level := slices.Index(sections, section) + 1
		if err != nil || level == 0 || !slices.Contains(kept, name) || level < rank[name] {
			continue
		}
		rank[name], values[name] = level, value
	}
	var set []string
	for _, name := range kept {
		value := values[name]
		if rank[name] == 0 {
			continue
		}
		if name == "find-links" || name == "cert" || name == "client-cert" {
			value = absolute(value)
		}
		set = append(set, "PIP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
	}
	return set
}

// absolute makes those fields absolute that are paths from the working folder.
func absolute(fields string) string {
	list := strings.Fields(fields)
	for i, field := range list {
		if _, err := os.Stat(field); err == nil {
			list[i], _ = filepath.Abs(field)
		}
	}
	return strings.Join(list, " ")
}

// unquote reads a string as Python prints it.
func unquote(literal string) (string, error) {
	if len(literal) < 2 || literal[0] != '\'' && literal[0] != '"' || literal[len(literal)-1] != literal[0] {
		return "", strconv.ErrSyntax
	}
	var out strings.Builder
	for rest := literal[1 : len(literal)-1]; rest != ""; {
		r, _, tail, err := strconv.UnquoteChar(rest, literal[0])
		if err != nil {
			return "", err
		}
		out.WriteRune(r)
		rest = tail
	}
	return out.String(), nil
}
