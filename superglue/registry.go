// SPDX-License-Identifier: Apache-2.0

package superglue

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// paper are the eight tasks in the order of the paper's Table 2.
var paper = []Task{boolq, cb, copa, multirc, record, wic, wsc, rte}

var registry = struct {
	sync.RWMutex
	tasks []Task
}{tasks: slices.Clone(paper)}

// All returns the eight tasks in the order of the paper's Table 2.
func All() []Task { return slices.Clone(paper) }

// Register makes a task from [NewTask] known to [Lookup], so that it can be named where the paper's are, and returns
// it. It panics if the name is taken, upper and lower case being the same, or the task is not from NewTask.
func Register(t Task) Task {
	registry.Lock()
	defer registry.Unlock()
	if t.Name == "" || t.spec.Read == nil {
		panic("superglue: Register of a task that is not from NewTask")
	}
	if find(registry.tasks, t.Name) >= 0 {
		panic(fmt.Sprintf("superglue: Register called twice for task %q", t.Name))
	}
	registry.tasks = append(registry.tasks, t)
	return t
}

// Registered returns the paper's tasks and those that were registered, in that order.
func Registered() []Task {
	registry.RLock()
	defer registry.RUnlock()
	return slices.Clone(registry.tasks)
}

// Lookup finds a task by its name; upper and lower case are the same.
func Lookup(name string) (Task, error) {
	tasks := Registered()
	if i := find(tasks, name); i >= 0 {
		return tasks[i], nil
	}
	var names []string
	for _, t := range tasks {
		names = append(names, t.Name)
	}
	return Task{}, fmt.Errorf("a task is one of %s, or one of your own after superglue.Register; found %q",
		strings.Join(names, ", "), name)
}

func find(tasks []Task, name string) int {
	return slices.IndexFunc(tasks, func(t Task) bool { return strings.EqualFold(t.Name, name) })
}
