// Command bucket is a native stand-in for R2 behind the r2Bucket binding of workerd, in memory: get with ranges and conditions,
// head, put with conditions, metadata and SHA-512, list, delete. Like R2 it refuses a second write of one key within a second.
//
//	bucket ADDRESS
//
// The paths below /__ are for those who measure: the Worker never asks for them. See side.go.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bucket ADDRESS")
		os.Exit(2)
	}
	b := &bucket{store: store{objects: map[string]*object{}}}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/__"):
			b.side(w, r)
		case r.Method == http.MethodPut:
			b.write(w, r)
		default:
			b.read(w, r)
		}
	})
	// The runtime sends requests for reading in a header.
	server := &http.Server{Addr: os.Args[1], MaxHeaderBytes: 8 << 20, Handler: handler}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}
