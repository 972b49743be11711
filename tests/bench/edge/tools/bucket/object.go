package main

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

// A field of an object's custom metadata, as the runtime sends it.
type field struct {
	K string `json:"k"`
	V string `json:"v"`
}

// What a put says of its object.
type upload struct {
	key    string
	http   json.RawMessage
	custom []field
	sha512 string
	body   []byte
}

type object struct {
	key, etag string
	written   time.Time
	body      []byte
	// Its metadata as JSON without the last brace: all of it, and without the custom one.
	full, plain string
}

func newObject(u upload) *object {
	sum := md5.Sum(u.body)
	o := &object{key: u.key, etag: hex.EncodeToString(sum[:]), written: time.Now(), body: u.body}
	checksums := map[string]string{"0": o.etag}
	if u.sha512 != "" {
		checksums["4"] = u.sha512
	}
	http, custom := u.http, u.custom
	if len(http) == 0 {
		http = json.RawMessage("{}")
	}
	if custom == nil {
		custom = []field{}
	}
	o.full = o.metadata(http, custom, checksums)
	o.plain = o.metadata(json.RawMessage("{}"), []field{}, checksums)
	return o
}

func (o *object) metadata(http json.RawMessage, custom []field, checksums map[string]string) string {
	text, err := json.Marshal(map[string]any{
		"name": o.key, "version": o.etag, "size": fmt.Sprint(len(o.body)), "etag": o.etag,
		"uploaded": fmt.Sprint(o.written.UnixMilli()), "httpFields": http, "customFields": custom,
		"checksums": checksums, "storageClass": "Standard",
	})
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "}")
}

// Objects by key; the keys in order, which are sorted again only when one came or went.
type store struct {
	sync.RWMutex
	objects map[string]*object
	keys    []string
	stale   bool
}

func (s *store) put(o *object) {
	if _, ok := s.objects[o.key]; !ok {
		s.stale = true
	}
	s.objects[o.key] = o
}

func (s *store) remove(key string) {
	if _, ok := s.objects[key]; ok {
		delete(s.objects, key)
		s.stale = true
	}
}

// below gives the keys with a prefix that come after another key, at most limit, and whether there are more.
func (s *store) below(prefix, after string, limit int) ([]string, bool) {
	if s.stale {
		s.keys = s.keys[:0]
		for key := range s.objects {
			s.keys = append(s.keys, key)
		}
		sort.Strings(s.keys)
		s.stale = false
	}
	from := sort.SearchStrings(s.keys, prefix)
	if after >= prefix && after != "" {
		from = sort.SearchStrings(s.keys, after)
		if from < len(s.keys) && s.keys[from] == after {
			from++
		}
	}
	to := from
	for to < len(s.keys) && strings.HasPrefix(s.keys[to], prefix) {
		if to-from == limit {
			return s.keys[from:to], true
		}
		to++
	}
	return s.keys[from:to], false
}
