package main

import (
	"encoding/json"
	"io"
	"net/http"
)

// side answers those who measure:
//
//	GET  /__operations     what was counted since the last POST: {"total", "by", "trace", "refused"}
//	POST /__operations     begins to count anew
//	GET  /__keys?prefix=   the keys, as a JSON list
//	PUT  /__object?key=    stores the body, as if nobody had asked for it
func (b *bucket) side(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch r.Method + " " + r.URL.Path {
	case "GET /__operations":
		answer(w, b.counted.snapshot())
	case "POST /__operations":
		b.counted.reset()
	case "GET /__keys":
		b.store.Lock()
		defer b.store.Unlock()
		keys, _ := b.store.below(query.Get("prefix"), "", len(b.store.objects))
		answer(w, keys)
	case "PUT /__object":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		o := newObject(upload{key: query.Get("key"), body: body})
		b.store.Lock()
		defer b.store.Unlock()
		b.store.put(o)
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	// A reader that went away is no trouble of ours.
	_ = json.NewEncoder(w).Encode(value)
}
