// Command services makes the cluster addresses of Services reachable, for pods and from the host.
//
// The whole Service network is routed to the loopback interface of the lab's network namespace, so this process can
// listen on each Service's own address and hand connections on to ready endpoints. kube-proxy would do the same in the
// kernel, but needs the nft program, which is no Go module and is not on every machine. A Service without a ready
// endpoint refuses connections, as behind kube-proxy. TCP only.
//
//	services KUBECONFIG
package main

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// door listens on one port of one Service.
type door struct {
	listener net.Listener
	backends atomic.Pointer[[]string]
	next     atomic.Uint64
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 0)
	services, slices := factory.Core().V1().Services(), factory.Discovery().V1().EndpointSlices()
	changed := make(chan struct{}, 1)
	note := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { note() }, UpdateFunc: func(_, _ any) { note() }, DeleteFunc: func(any) { note() },
	}
	for _, informer := range []cache.SharedIndexInformer{services.Informer(), slices.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			log.Fatal(err)
		}
	}
	factory.Start(context.Background().Done())
	factory.WaitForCacheSync(context.Background().Done())
	doors := map[string]*door{}
	for range changed {
		allServices, _ := services.Lister().List(labels.Everything())
		allSlices, _ := slices.Lister().List(labels.Everything())
		if !settle(doors, wanted(allServices, allSlices)) {
			time.AfterFunc(time.Second, note)
		}
	}
}

// wanted maps each Service address with at least one ready endpoint to those endpoints.
func wanted(services []*core.Service, slices []*discovery.EndpointSlice) map[string][]string {
	found := map[string][]string{}
	for _, service := range services {
		if net.ParseIP(service.Spec.ClusterIP) == nil {
			continue
		}
		for _, port := range service.Spec.Ports {
			if port.Protocol != core.ProtocolTCP {
				continue
			}
			address := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
			if ready := backends(service, port.Name, slices); len(ready) > 0 {
				found[address] = ready
			}
		}
	}
	return found
}

func backends(service *core.Service, port string, slices []*discovery.EndpointSlice) []string {
	var found []string
	for _, slice := range slices {
		if slice.Namespace != service.Namespace || slice.Labels[discovery.LabelServiceName] != service.Name {
			continue
		}
		for _, target := range slice.Ports {
			if target.Port == nil || target.Name == nil || *target.Name != port {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
					found = append(found, net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(int(*target.Port))))
				}
			}
		}
	}
	return found
}

// settle opens and closes doors until they are those that are wanted; false if one could not be opened yet.
func settle(doors map[string]*door, wanted map[string][]string) bool {
	settled := true
	for address, one := range doors {
		if _, still := wanted[address]; !still {
			one.listener.Close()
			delete(doors, address)
		}
	}
	for address, ready := range wanted {
		one := doors[address]
		if one == nil {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				log.Print(err)
				settled = false
				continue
			}
			one = &door{listener: listener}
			one.backends.Store(&ready)
			doors[address] = one
			go one.serve()
		}
		one.backends.Store(&ready)
	}
	return settled
}

func (one *door) serve() {
	for {
		visitor, err := one.listener.Accept()
		if err != nil {
			return
		}
		ready := *one.backends.Load()
		go hand(visitor, ready[one.next.Add(1)%uint64(len(ready))])
	}
}

// hand joins a visitor to a backend until both have said all.
func hand(visitor net.Conn, backend string) {
	defer visitor.Close()
	target, err := net.DialTimeout("tcp", backend, 10*time.Second)
	if err != nil {
		log.Print(err)
		return
	}
	defer target.Close()
	var both sync.WaitGroup
	both.Add(2)
	go pour(&both, target, visitor)
	go pour(&both, visitor, target)
	both.Wait()
}

// pour copies one direction and passes its end on; a reset ends both directions.
func pour(both *sync.WaitGroup, to, from net.Conn) {
	defer both.Done()
	_, err := io.Copy(to, from)
	if err != nil {
		to.Close()
		from.Close()
		return
	}
	if half, able := to.(*net.TCPConn); able {
		_ = half.CloseWrite()
	}
}
