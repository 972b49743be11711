package main

import (
	"strings"
	"sync"
)

// The latest operations are traced, so that a number that surprises can be explained.
const traced = 2000

// Operations since the count began anew.
type counts struct {
	mu      sync.Mutex
	by      map[string]int
	trace   []string
	refused int
}

type counted struct {
	Total   int            `json:"total"`
	By      map[string]int `json:"by"`
	Trace   []string       `json:"trace"`
	Refused int            `json:"refused"`
}

func (c *counts) add(q *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]int{}
	}
	c.by[q.Method]++
	if len(c.trace) < traced {
		on := q.Object + q.Prefix + strings.Join(q.Objects, " ")
		c.trace = append(c.trace, q.Method+" "+on)
	}
}

func (c *counts) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused++
}

func (c *counts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by, c.trace, c.refused = nil, nil, 0
}

func (c *counts) snapshot() counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := counted{By: map[string]int{}, Trace: append([]string{}, c.trace...), Refused: c.refused}
	for method, n := range c.by {
		said.By[method] = n
		said.Total += n
	}
	return said
}
