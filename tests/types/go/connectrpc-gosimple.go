// connectrpc/gosimple: a service over HTTP, without wrappers around messages.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	moneyv1 "registry.example/gen/go/owner/money/protocolbuffers/go/acme/money/v1"
	"registry.example/gen/go/owner/shop/connectrpc/gosimple/acme/shop/v1/shopv1connect"
	shopv1 "registry.example/gen/go/owner/shop/protocolbuffers/go/acme/shop/v1"
)

type shop struct {
	shopv1connect.UnimplementedShopServiceHandler
}

func (shop) GetItem(_ context.Context, request *shopv1.GetItemRequest) (*shopv1.Item, error) {
	return &shopv1.Item{Name: request.GetName(), Price: &moneyv1.Money{Units: 12}}, nil
}

func main() {
	mux := http.NewServeMux()
	mux.Handle(shopv1connect.NewShopServiceHandler(shop{}))
	server := httptest.NewServer(mux)
	defer server.Close()
	client := shopv1connect.NewShopServiceClient(server.Client(), server.URL)
	// wrong: client.GetItem(context.Background(), &shopv1.Item{})
	reply, err := client.GetItem(context.Background(), &shopv1.GetItemRequest{Name: "tea"})
	if err != nil {
		panic(err)
	}
	fmt.Println(reply.GetName(), reply.GetPrice().GetUnits())
}
