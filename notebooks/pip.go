// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// indexSettings are the settings of pip that say how packages are reached. All others, such as target, prefix, user and
// constraint, say where they go and which they are, and are not the user's to choose for .venv.
var indexSettings = []string{"index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert",
	"client-cert", "proxy",
	"timeout", "default-timeout", "retries", "keyring-provider", "cache-dir", "no-cache-dir"}

// pipSettings returns pip's environment: the index settings of the user's environment and configuration files, and no
// other.
func (e *environment) pipSettings(ctx context.Context) ([]string, error) {
	list := e.python(ctx, "-m", "pip", "config", "list")
	list.Env = environ([]string{"PYTHON", "VIRTUAL_ENV", "PIP_QUIET", "PIP_VERBOSE", "PIP_LOG"})
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("pip must be able to read its settings (pip config list): %w", commandError(err))
	}
	return append(indexEnv(string(out)), "PIP_CONFIG_FILE="+os.DevNull), nil
}

// indexEnv translates the output of pip config list, lines such as global.index-url='https://example.com'. A setting of
// the command install counts before a global one, and one of the environment before both.
func indexEnv(list string) []string {
	sections := []string{"global", "install", ":env:"}
	rank, values := map[string]int{}, map[string]string{}
	for line := range strings.Lines(list) {
		key, literal, _ := strings.Cut(strings.TrimSpace(line), "=")
		section, name, _ := strings.Cut(key, ".")
		value, err := unquote(literal)
		level := slices.Index(sections, section) + 1
		if err != nil || level == 0 || !slices.Contains(indexSettings, name) || level < rank[name] {
			continue
		}
		rank[name], values[name] = level, value
	}
	var env []string
	for _, name := range indexSettings {
		if rank[name] > 0 {
			env = append(env, "PIP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+values[name])
		}
	}
	return env
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
