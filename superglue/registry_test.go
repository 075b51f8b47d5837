// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"slices"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, task := range All() {
		if got, err := Lookup(strings.ToUpper(task.Name)); err != nil || got.Name != task.Name {
			t.Errorf("%s: %s, %v", task.Name, got.Name, err)
		}
	}
	if _, err := Lookup("AX-b"); err == nil || !strings.Contains(err.Error(), "MultiRC") {
		t.Errorf("AX-b: %v; want an error that lists the tasks", err)
	}
}

func TestRegister(t *testing.T) {
	spec := spelling()
	spec.Name = "TestRegister"
	task := newTask(t, spec)
	Register(task)
	if got, err := Lookup("testregister"); err != nil || got.Name != task.Name {
		t.Errorf("%s, %v", got.Name, err)
	}
	all := Registered()
	isOne := func(x Task) bool { return x.Name == task.Name }
	if !slices.ContainsFunc(all, isOne) || all[7].Name != "RTE" || len(All()) != 8 {
		t.Errorf("%d registered, %d of the paper", len(all), len(All()))
	}
	if _, err := Lookup("other"); err == nil || !strings.Contains(err.Error(), "RTE, "+task.Name) {
		t.Errorf("%v; want an error that lists the tasks", err)
	}
	if _, err := task.ReadSplit(t.TempDir(), "val"); err == nil || strings.Contains(err.Error(), "http") {
		t.Errorf("%v; want an error without the paper's archive", err)
	}
	taken := task
	taken.Name = "cb"
	for about, refused := range map[string]Task{
		"twice": task, "without a name": {}, "not from NewTask": {Name: "x"}, "called cb": taken,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a task %s was registered", about)
				}
			}()
			Register(refused)
		}()
	}
}
