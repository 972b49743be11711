// Command load sends one request again and again over connections that stay open, and fails at the first answer that has another
// status or size than was said. What it prints is one line of JSON: requests, seconds, and the latencies that half and
// 99 % of them had at most, in milliseconds.
//
//	load -requests 1000 -connections 16 -status 200 -bytes 14000 [-method HEAD] [-header 'NAME: VALUE'] URL
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What is sent, and what must come back.
type load struct {
	method, url string
	headers     http.Header
	status      int
	bytes       int64
	requests    int64
	connections int
}

type result struct {
	Requests int     `json:"requests"`
	Seconds  float64 `json:"seconds"`
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
}

func main() {
	l := load{headers: http.Header{}}
	flag.StringVar(&l.method, "method", http.MethodGet, "method")
	flag.IntVar(&l.status, "status", http.StatusOK, "status of every answer")
	flag.Int64Var(&l.bytes, "bytes", 0, "size of every answer; of HEAD what it announces")
	flag.Int64Var(&l.requests, "requests", 1000, "how many requests")
	flag.IntVar(&l.connections, "connections", 16, "over how many connections")
	flag.Func("header", "NAME: VALUE", func(text string) error {
		name, value, found := strings.Cut(text, ": ")
		if !found {
			return errors.New("no colon")
		}
		l.headers.Add(name, value)
		return nil
	})
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	l.url = flag.Arg(0)
	said, err := l.run()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", l.method, l.url, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		os.Exit(1)
	}
}

func (l *load) run() (result, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: l.connections, DisableCompression: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	var sent atomic.Int64
	var group sync.WaitGroup
	times := make([][]time.Duration, l.connections)
	failures := make([]error, l.connections)
	from := time.Now()
	for place := range l.connections {
		group.Go(func() {
			for failures[place] == nil && sent.Add(1) <= l.requests {
				began := time.Now()
				failures[place] = l.once(client)
				times[place] = append(times[place], time.Since(began))
			}
		})
	}
	group.Wait()
	took := time.Since(from)
	for _, err := range failures {
		if err != nil {
			return result{}, err
		}
	}
	all := slices.Sorted(slices.Values(slices.Concat(times...)))
	at := func(share int) float64 { return float64(all[len(all)*share/100].Microseconds()) / 1000 }
	return result{Requests: len(all), Seconds: took.Seconds(), P50: at(50), P99: at(99)}, nil
}

func (l *load) once(client *http.Client) error {
	request, err := http.NewRequest(l.method, l.url, nil)
	if err != nil {
		return err
	}
	request.Header = l.headers
	reply, err := client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	size, err := io.Copy(io.Discard, reply.Body)
	if err != nil {
		return err
	}
	if l.method == http.MethodHead {
		size = reply.ContentLength
	}
	if reply.StatusCode != l.status || size != l.bytes {
		return fmt.Errorf("status %d and %d bytes, not %d and %d", reply.StatusCode, size, l.status, l.bytes)
	}
	return nil
}
