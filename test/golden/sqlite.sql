PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number integer primary key, applied_at integer not null) strict;
INSERT INTO migrations VALUES(1,1796048099616);
CREATE TABLE controller (
      id text primary key,
      last_segment integer not null,
      placement_cursor text,
      created_at integer not null
    ) strict;
INSERT INTO controller VALUES('ksxc77u2',2011,'here',1796048099640);
CREATE TABLE flavors (
      name text primary key,
      cpus integer not null,
      memory integer not null,
      disk integer
    ) strict;
INSERT INTO flavors VALUES('tiny',1,134217728,NULL);
INSERT INTO flavors VALUES('mini',1,268435456,NULL);
INSERT INTO flavors VALUES('small',1,1073741824,NULL);
INSERT INTO flavors VALUES('medium',2,2147483648,NULL);
INSERT INTO flavors VALUES('large',4,4294967296,NULL);
CREATE TABLE nodes (
      id text primary key,
      name text not null,
      endpoint text not null,
      config text not null,
      administration text not null check (administration in ('active', 'draining')),
      status text not null check (status in ('new', 'ready', 'unreachable', 'unfit')),
      status_reason text,
      status_since integer not null,
      seen_at integer,
      specs text,
      images text not null,
      created_at integer not null
    ) strict;
INSERT INTO nodes VALUES('5f5hjhlyyslvmjez','here','local:/var/lib/croft/node','{"name":"here","sudo":null,"roles":["compute","network"],"hypervisor":"qemu","pool":"rack-1","labels":{"disk":"ssd","site/row":"7","later":"yes"},"bridge":"br-croft","uplink":null,"stateFolder":"/var/lib/croft/node","runFolder":"/run/croft","overcommit":{"cpus":8,"memory":1,"disk":1}}','active','ready',NULL,1796048101279,1796048165229,'{"bootId":"0c5dd1d2-5a04-4a1a-8e43-3a1f2bb4d8a1","memory":274877906944,"memoryAvailable":274877906944,"disk":10995116277760,"diskFree":10995116277760,"diskForeign":0,"load":0.25,"architecture":"x86_64","kernel":"6.1.0-18-amd64","operatingSystem":"Debian GNU/Linux 12 (bookworm)","cpus":64,"accelerator":{"kind":"kvm","reason":"a boot sector counted fast under KVM"},"tools":{"qemu-system-x86_64":"7.2.9","qemu-img":"7.2.9","ovs-vsctl":"3.1.0","dnsmasq":null},"firmwares":["bios","uefi"],"hypervisors":["qemu"],"datapath":"netdev","hypervisor":{"version":"7.2.9","limits":["memory","cpus"],"moves":true}}','["6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06","8d4d397999828bb7c02281d42ec1c0139d072b80859c76dddd9d68a6bf6c9444"]',1796048099666);
INSERT INTO nodes VALUES('zldvvzmjpf6kgya5','far','ssh:gate.example.org:22>192.0.2.10:2222:/srv/croft','{"name":"far","ssh":{"address":"192.0.2.10","port":2222,"user":"admin","keyFile":"/home/admin/.ssh/id_ed25519","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","jump":{"address":"gate.example.org","port":22,"user":"jump","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},"sudo":true,"roles":["compute"],"hypervisor":"qemu","pool":"rack-2","labels":{},"bridge":"br-croft","uplink":"eth1","stateFolder":"/srv/croft","runFolder":"/run/croft-far","overcommit":{"cpus":4,"memory":1.5,"disk":2}}','draining','ready',NULL,1796048101386,1796048165089,'{"bootId":"0c5dd1d2-5a04-4a1a-8e43-3a1f2bb4d8a1","memory":274877906944,"memoryAvailable":274877906944,"disk":10995116277760,"diskFree":10995116277760,"diskForeign":0,"load":0.25,"architecture":"x86_64","kernel":"6.1.0-18-amd64","operatingSystem":"Debian GNU/Linux 12 (bookworm)","cpus":64,"accelerator":{"kind":"tcg","reason":"simulated"},"tools":{"qemu-system-x86_64":"7.2.9","qemu-img":"7.2.9","ovs-vsctl":"3.1.0","dnsmasq":null},"firmwares":["bios"],"hypervisors":["qemu"],"datapath":"system","hypervisor":{"version":"8.2.2","limits":[],"moves":true}}','["6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06","8d4d397999828bb7c02281d42ec1c0139d072b80859c76dddd9d68a6bf6c9444"]',1796048099685);
INSERT INTO nodes VALUES('mala3k55ftn2mhsh','virt','ssh:192.0.2.11:22:/data/croft','{"name":"virt","ssh":{"address":"192.0.2.11","port":22,"user":"root","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"sudo":null,"roles":["compute"],"hypervisor":"libvirt","libvirt":{"uri":"qemu:///system","network":"default"},"pool":"default","labels":{},"bridge":"br-vms","uplink":"eth1","stateFolder":"/data/croft","runFolder":"/run/croft-virt","overcommit":{"cpus":8,"memory":1,"disk":1}}','active','unreachable','no route to host',1796048101355,1796048164175,'{"bootId":"0c5dd1d2-5a04-4a1a-8e43-3a1f2bb4d8a1","memory":274877906944,"memoryAvailable":274877906944,"disk":10995116277760,"diskFree":10995116277760,"diskForeign":0,"load":0.25,"architecture":"x86_64","kernel":"6.1.0-18-amd64","operatingSystem":"Debian GNU/Linux 12 (bookworm)","cpus":64,"accelerator":{"kind":"tcg","reason":"simulated"},"tools":{"qemu-system-x86_64":"7.2.9","qemu-img":"7.2.9","ovs-vsctl":"3.1.0","dnsmasq":null},"firmwares":["bios","uefi"],"hypervisors":["libvirt"],"datapath":"netdev","hypervisor":{"version":"9.0.0","limits":["memory"],"moves":false}}','["6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06","8d4d397999828bb7c02281d42ec1c0139d072b80859c76dddd9d68a6bf6c9444"]',1796048099698);
INSERT INTO nodes VALUES('ktcto7ghv637tuu6','omni','ssh:192.0.2.12:22:/tank/croft','{"name":"omni","ssh":{"address":"192.0.2.12","port":22,"user":"root","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"sudo":null,"roles":["compute"],"hypervisor":"zones","pool":"default","labels":{},"bridge":"br-croft","uplink":"e1000g0","stateFolder":"/tank/croft","runFolder":"/var/run/croft","overcommit":{"cpus":8,"memory":1,"disk":1}}','active','unfit','dladm is missing',1796048101442,1796048164556,'{"bootId":"0c5dd1d2-5a04-4a1a-8e43-3a1f2bb4d8a1","memory":274877906944,"memoryAvailable":274877906944,"disk":10995116277760,"diskFree":10995116277760,"diskForeign":0,"load":0.25,"architecture":"x86_64","kernel":"omnios-r151048","operatingSystem":"Debian GNU/Linux 12 (bookworm)","cpus":64,"accelerator":{"kind":"bhyve","reason":"bhyve"},"tools":{"qemu-system-x86_64":"7.2.9","qemu-img":"7.2.9","ovs-vsctl":"3.1.0","dnsmasq":null},"firmwares":["bios","uefi"],"hypervisors":["zones"],"datapath":null}','["6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06","8d4d397999828bb7c02281d42ec1c0139d072b80859c76dddd9d68a6bf6c9444"]',1796048099706);
INSERT INTO nodes VALUES('tbexpjnz6a2zeyv7','spare','ssh:2001:db8::5:22:/opt/croft','{"name":"spare","ssh":{"address":"2001:db8::5","port":22,"user":"root","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"sudo":null,"roles":["network"],"hypervisor":"qemu","pool":"default","labels":{},"bridge":"br-croft","uplink":"eth1","stateFolder":"/opt/croft","runFolder":"/run/croft-spare","overcommit":{"cpus":8,"memory":1,"disk":1}}','active','ready',NULL,1796048101490,1796048165759,'{"bootId":"simulated since 1796048100373","memory":274877906944,"memoryAvailable":274877906944,"disk":10995116277760,"diskFree":10995116277760,"diskForeign":0,"load":0,"architecture":"x86_64","kernel":"simulated","operatingSystem":"simulated","cpus":64,"accelerator":{"kind":"tcg","reason":"simulated"},"tools":{},"firmwares":["bios","uefi"],"hypervisors":["qemu","libvirt","zones"],"datapath":"netdev"}','["6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06"]',1796048099715);
INSERT INTO nodes VALUES('wkcbluqjvtju2eit','sim-0001','local:/simulated/sim-0001','{"name":"sim-0001","sudo":null,"roles":["compute","network"],"hypervisor":"qemu","pool":"default","labels":{},"bridge":"br-croft","uplink":null,"stateFolder":"/simulated/sim-0001","runFolder":"/run/simulated/sim-0001","overcommit":{"cpus":8,"memory":1,"disk":1},"simulated":true}','active','new',NULL,1796048226561,NULL,NULL,'[]',1796048226561);
CREATE TABLE images (
      id text primary key,
      name text not null,
      current integer not null check (current in (0, 1)),
      sha256 text,
      format text check (format in ('qcow2', 'raw', 'iso')),
      size integer,
      virtual_size integer,
      traits text not null,
      origin text,
      prepull text not null,
      created_at integer not null
    ) strict;
INSERT INTO images VALUES('mh26g4qodiwtfkcu','sector',1,'8d4d397999828bb7c02281d42ec1c0139d072b80859c76dddd9d68a6bf6c9444','raw',1048576,1048576,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":null,"cpus":1,"memory":33554432,"disk":2097152}',NULL,'["node:here","pool:rack-2"]',1796048099745);
INSERT INTO images VALUES('bp3gvegxqrnwmvto','disc',1,'6bf99799d0ef91be6c25a22943f74caaf655814b216ee8cb52ef61223d4f2d06','iso',1048576,1048576,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":null,"cpus":null,"memory":null,"disk":null}','https://example.org/disc.iso','["all"]',1796048099757);
INSERT INTO images VALUES('yj5vpkumynkpsuc2','base',1,'cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2','qcow2',1048576,4194304,'{"architecture":"x86_64","firmware":"uefi","nocloud":true,"backend":"libvirt","cpus":null,"memory":null,"disk":null}','https://example.org/base.qcow2.zst','[]',1796048099766);
INSERT INTO images VALUES('vkfm4rnkfjmmttaw','simulated',1,'dd3748f8fac19e14243df5e46f4d6ef9bb28e17836fabf145d23d9b4acab2c90','raw',1073741824,1073741824,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":null,"cpus":null,"memory":null,"disk":null}',NULL,'[]',1796048100215);
INSERT INTO images VALUES('kaktejgvii3xy4ek','debian-12',1,'a316bb9088660aac23c76b776694718edbe5e87974ae8debde774cf4cc525e67','raw',1073741824,1073741824,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":null,"cpus":null,"memory":536870912,"disk":10737418240}','simulated:debian-12','[]',1796048102177);
INSERT INTO images VALUES('hymqfftywqlrfbgm','never',1,NULL,NULL,NULL,NULL,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":"qemu","cpus":null,"memory":null,"disk":1073741824}','https://example.org/never.img.xz','[]',1796048226379);
INSERT INTO images VALUES('bz7fwdpdtlmikbnf','first',1,NULL,NULL,NULL,NULL,'{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":"qemu","cpus":null,"memory":null,"disk":1073741824}','https://example.org/never.img.xz','[]',1796048226434);
CREATE TABLE image_pulls (
      name text primary key,
      definition text not null,
      attempts integer not null,
      retry_at integer,
      reason text,
      created_at integer not null
    ) strict;
INSERT INTO image_pulls VALUES('never','{"name":"never","sources":["https://example.org/never.img.xz","https://mirror.example.org/never.img.xz"],"checksum":{"algorithm":"sha512","url":"https://example.org/SHA512SUMS","file":"never.img.xz"},"compression":"xz","format":"vmdk","traits":{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":"qemu","cpus":null,"memory":null,"disk":1073741824}}',1,1796048286404,'HTTP status 503',1796048226380);
INSERT INTO image_pulls VALUES('first','{"name":"first","sources":["https://example.org/never.img.xz","https://mirror.example.org/never.img.xz"],"checksum":{"algorithm":"sha256","value":"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},"compression":"none","format":null,"traits":{"architecture":"x86_64","firmware":"bios","nocloud":true,"backend":"qemu","cpus":null,"memory":null,"disk":1073741824}}',0,NULL,NULL,1796048226434);
CREATE TABLE slices (
      id text primary key,
      name text not null,
      spec text not null,
      generation integer not null,
      desired text not null check (desired in ('running', 'stopped', 'absent')),
      transit integer not null,
      router_node_id text references nodes (id),
      router_reason text,
      created_at integer not null
    ) strict;
INSERT INTO slices VALUES('7kxbwoppiv66wwp6','shop','{"name":"shop","placement":{"policy":"pack","together":true},"networks":[{"name":"front","cidr":"10.20.0.0/24","internet":true,"dhcp":true,"gateway":"10.20.0.1","link":false,"impairment":null},{"name":"back","cidr":"10.21.0.0/24","internet":false,"dhcp":false,"gateway":"10.21.0.254","link":false,"impairment":{"delay":null,"jitter":null,"loss":null,"rate":20000000}},{"name":"slow","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":null,"jitter":null,"loss":null,"rate":1000000}},{"name":"wire","cidr":"192.168.2.0/24","internet":false,"dhcp":true,"gateway":"192.168.2.1","link":true,"impairment":null}],"vms":[{"name":"web","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"front","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"back","model":"e1000","address":"10.21.0.20","mac":"52:54:00:12:34:56"},{"name":"eth2","network":"wire","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":"#!/bin/sh\necho \"ü ${HOME}\"\n","cloudConfig":"#cloud-config\npackages: [nginx]\n","sshKeys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoldengoldengoldengoldengoldengoldengold admin@example.org"],"placement":{"priority":10,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"db","image":"sector","cpus":2,"memory":67108864,"disk":4194304,"nics":[{"name":"eth0","network":"back","model":"rtl8139","address":null,"mac":null},{"name":"eth1","network":"wire","model":"virtio","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":4194304},{"name":"copy","image":"sector","size":2097152},{"name":"tools","image":"disc","size":null}],"firmware":null,"restart":"never","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{"disk":"ssd"},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":["web"]}}},{"name":"held","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"slow","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"still","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"front","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"broken","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"firm","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":"uefi","restart":"always","userData":"#cloud-config\nhostname: firm\n","cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',2,'running',0,'5f5hjhlyyslvmjez',NULL,1796048102391);
INSERT INTO slices VALUES('bsqlfalmrtc7lxwn','mixed','{"name":"mixed","placement":{"policy":null,"together":false},"networks":[{"name":"lan","cidr":"192.168.1.0/24","internet":true,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":null},{"name":"own","cidr":"192.168.2.0/24","internet":false,"dhcp":false,"gateway":"192.168.2.1","link":false,"impairment":null}],"vms":[{"name":"kvm","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"own","model":"e1000","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":2097152}],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"virt","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"kvmoff","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"virt","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"zone","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"own","model":"virtio","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":2097152}],"firmware":null,"restart":"on-failure","userData":"#!/bin/sh\ntrue\n","cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"omni","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"zoneoff","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"omni","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',1,'running',1,'tbexpjnz6a2zeyv7',NULL,1796048102852);
INSERT INTO slices VALUES('rzwyylfj2gtb73ab','ring','{"name":"ring","placement":{"policy":null,"together":false},"networks":[{"name":"link1-2","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":true,"impairment":null},{"name":"link2-3","cidr":"192.168.2.0/24","internet":false,"dhcp":true,"gateway":"192.168.2.1","link":true,"impairment":null},{"name":"link3-1","cidr":"192.168.3.0/24","internet":false,"dhcp":true,"gateway":"192.168.3.1","link":true,"impairment":null}],"vms":[{"name":"vm1","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link1-2","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link3-1","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"vm2","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link1-2","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link2-3","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"vm3","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link2-3","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link3-1","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',1,'running',2,'5f5hjhlyyslvmjez',NULL,1796048103239);
INSERT INTO slices VALUES('j3yynts22ydda32h','waiting','{"name":"waiting","placement":{"policy":null,"together":false},"networks":[{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":150000,"jitter":null,"loss":null,"rate":null}}],"vms":[{"name":"nowhere","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":[],"labels":{"disk":"none"},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',1,'running',3,'5f5hjhlyyslvmjez',NULL,1796048103701);
INSERT INTO slices VALUES('va4a5mor73s5x6rj','off','{"name":"off","placement":{"policy":null,"together":false},"networks":[{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":null}],"vms":[{"name":"a","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"b","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',2,'stopped',4,'tbexpjnz6a2zeyv7',NULL,1796048103899);
INSERT INTO slices VALUES('tzejn3embx463zof','gone','{"name":"gone","placement":{"policy":null,"together":false},"networks":[{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":20000,"jitter":5000,"loss":0.5,"rate":10000000}}],"vms":[{"name":"a","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}},{"name":"b","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}]}',2,'absent',5,'tbexpjnz6a2zeyv7',NULL,1796048104123);
CREATE TABLE networks (
      id text primary key,
      slice_id text not null references slices (id),
      name text not null,
      spec text not null,
      segment integer not null
    ) strict;
INSERT INTO networks VALUES('mser6hurhwmfii2x','7kxbwoppiv66wwp6','front','{"name":"front","cidr":"10.20.0.0/24","internet":true,"dhcp":true,"gateway":"10.20.0.1","link":false,"impairment":null}',2000);
INSERT INTO networks VALUES('dl2dyedqegxcbdea','7kxbwoppiv66wwp6','back','{"name":"back","cidr":"10.21.0.0/24","internet":false,"dhcp":false,"gateway":"10.21.0.254","link":false,"impairment":{"delay":null,"jitter":null,"loss":null,"rate":20000000}}',2001);
INSERT INTO networks VALUES('s2ep4us5njvwtihf','7kxbwoppiv66wwp6','slow','{"name":"slow","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":null,"jitter":null,"loss":null,"rate":1000000}}',2002);
INSERT INTO networks VALUES('kgzkolykloqu3mts','7kxbwoppiv66wwp6','wire','{"name":"wire","cidr":"192.168.2.0/24","internet":false,"dhcp":true,"gateway":"192.168.2.1","link":true,"impairment":null}',2003);
INSERT INTO networks VALUES('jjibv34dphxa637c','bsqlfalmrtc7lxwn','lan','{"name":"lan","cidr":"192.168.1.0/24","internet":true,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":null}',2004);
INSERT INTO networks VALUES('5pawnirp7ke64vrb','bsqlfalmrtc7lxwn','own','{"name":"own","cidr":"192.168.2.0/24","internet":false,"dhcp":false,"gateway":"192.168.2.1","link":false,"impairment":null}',2005);
INSERT INTO networks VALUES('5y4u3xbxxhjw64rf','rzwyylfj2gtb73ab','link1-2','{"name":"link1-2","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":true,"impairment":null}',2006);
INSERT INTO networks VALUES('kybq72zaknxxj2yl','rzwyylfj2gtb73ab','link2-3','{"name":"link2-3","cidr":"192.168.2.0/24","internet":false,"dhcp":true,"gateway":"192.168.2.1","link":true,"impairment":null}',2007);
INSERT INTO networks VALUES('mjxpphahqc232arg','rzwyylfj2gtb73ab','link3-1','{"name":"link3-1","cidr":"192.168.3.0/24","internet":false,"dhcp":true,"gateway":"192.168.3.1","link":true,"impairment":null}',2008);
INSERT INTO networks VALUES('opewtosp4feklwyw','j3yynts22ydda32h','lan','{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":150000,"jitter":null,"loss":null,"rate":null}}',2009);
INSERT INTO networks VALUES('etn5waedz4vactmt','va4a5mor73s5x6rj','lan','{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":null}',2010);
INSERT INTO networks VALUES('5tcwv5ap4lkwxedh','tzejn3embx463zof','lan','{"name":"lan","cidr":"192.168.1.0/24","internet":false,"dhcp":true,"gateway":"192.168.1.1","link":false,"impairment":{"delay":20000,"jitter":5000,"loss":0.5,"rate":10000000}}',2011);
CREATE TABLE vms (
      id text primary key,
      slice_id text not null references slices (id),
      name text not null,
      spec text not null,
      cpus integer not null,
      memory integer not null,
      disk integer not null,
      desired text not null check (desired in ('running', 'paused', 'stopped', 'absent')),
      generation integer not null,
      boot integer not null,
      image_id text not null references images (id),
      node_id text references nodes (id),
      pending_reason text,
      moving_to text references nodes (id),
      stay_reason text,
      abandoned integer not null check (abandoned in (0, 1)),
      state text not null check (state in ('none', 'preparing', 'stopped', 'running', 'paused', 'failed', 'unknown')),
      state_reason text,
      step text,
      pid integer,
      started_at integer,
      restarts integer not null,
      retry_at integer,
      attempted text,
      launch_hash text,
      memory_held integer,
      settled_generation integer,
      addressed integer not null check (addressed in (0, 1)),
      created_at integer not null
    ) strict;
INSERT INTO vms VALUES('evqewjtgmv2bym2e','7kxbwoppiv66wwp6','web','{"name":"web","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"front","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"back","model":"e1000","address":"10.21.0.20","mac":"52:54:00:12:34:56"},{"name":"eth2","network":"wire","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":"#!/bin/sh\necho \"ü ${HOME}\"\n","cloudConfig":"#cloud-config\npackages: [nginx]\n","sshKeys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoldengoldengoldengoldengoldengoldengold admin@example.org"],"placement":{"priority":10,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'running',NULL,NULL,1006,1796048102804,0,NULL,NULL,'7rpn5gk5g4tuntrz',33554432,1,1,1796048102391);
INSERT INTO vms VALUES('qdhztcbjzjupojxv','7kxbwoppiv66wwp6','db','{"name":"db","image":"sector","cpus":2,"memory":67108864,"disk":4194304,"nics":[{"name":"eth0","network":"back","model":"rtl8139","address":null,"mac":null},{"name":"eth1","network":"wire","model":"virtio","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":4194304},{"name":"copy","image":"sector","size":2097152},{"name":"tools","image":"disc","size":null}],"firmware":null,"restart":"never","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{"disk":"ssd"},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":["web"]}}}',2,67108864,10485760,'running',2,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'running',NULL,NULL,1002,1796048102801,0,NULL,NULL,'n3kfycaxcsv6os7v',67108864,2,1,1796048102391);
INSERT INTO vms VALUES('dxkoasdwyi5dtx37','7kxbwoppiv66wwp6','held','{"name":"held","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"slow","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'paused',2,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'paused',NULL,NULL,1004,1796048102804,0,NULL,NULL,'pjqnplaz6fpeogpl',33554432,2,1,1796048102391);
INSERT INTO vms VALUES('asyjplewrgs7jouk','7kxbwoppiv66wwp6','still','{"name":"still","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"front","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"always","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'stopped',2,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'stopped',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,2,0,1796048102391);
INSERT INTO vms VALUES('elfc46hgl6c5p3ir','7kxbwoppiv66wwp6','broken','{"name":"broken","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'failed','its process ended with exit code 1',NULL,NULL,NULL,3,1796048246311,'vjus33p4atey2ha2',NULL,NULL,1,0,1796048102391);
INSERT INTO vms VALUES('22ijkvfpeghsvq4e','7kxbwoppiv66wwp6','firm','{"name":"firm","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":"uefi","restart":"always","userData":"#cloud-config\nhostname: firm\n","cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'running',NULL,NULL,1003,1796048102802,0,NULL,NULL,'owsgvybeyhnr6c3v',33554432,1,0,1796048102391);
INSERT INTO vms VALUES('z46oij5l4ifau3mi','bsqlfalmrtc7lxwn','kvm','{"name":"kvm","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"own","model":"e1000","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":2097152}],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"virt","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,4194304,'running',1,0,'mh26g4qodiwtfkcu','mala3k55ftn2mhsh',NULL,NULL,NULL,0,'running',NULL,NULL,1007,1796048103120,0,NULL,NULL,'r3ldm3reontkou36',33554432,1,1,1796048102852);
INSERT INTO vms VALUES('5ifjuo6fukas7jht','bsqlfalmrtc7lxwn','kvmoff','{"name":"kvmoff","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"virt","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'stopped',2,0,'mh26g4qodiwtfkcu','mala3k55ftn2mhsh',NULL,NULL,NULL,0,'stopped',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,2,0,1796048102852);
INSERT INTO vms VALUES('x2npiargsdwtubsj','bsqlfalmrtc7lxwn','zone','{"name":"zone","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"own","model":"virtio","address":null,"mac":null}],"volumes":[{"name":"data","image":null,"size":2097152}],"firmware":null,"restart":"on-failure","userData":"#!/bin/sh\ntrue\n","cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"omni","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,4194304,'running',1,0,'mh26g4qodiwtfkcu','ktcto7ghv637tuu6',NULL,NULL,NULL,0,'running',NULL,NULL,1009,1796048103128,0,NULL,NULL,'owyvrewm6bfp3ni5',33554432,1,1,1796048102852);
INSERT INTO vms VALUES('3gb2bdkl3ljyhb2y','bsqlfalmrtc7lxwn','zoneoff','{"name":"zoneoff","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"omni","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'stopped',2,0,'mh26g4qodiwtfkcu','ktcto7ghv637tuu6',NULL,NULL,NULL,0,'stopped',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,2,0,1796048102852);
INSERT INTO vms VALUES('vzd7zkobvskrmy4r','rzwyylfj2gtb73ab','vm1','{"name":"vm1","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link1-2","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link3-1","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,'5f5hjhlyyslvmjez',NULL,0,'running',NULL,NULL,1011,1796048103774,0,NULL,NULL,'sdhqsukxzde74bjy',33554432,1,1,1796048103239);
INSERT INTO vms VALUES('vlfsopl45ioqjgtp','rzwyylfj2gtb73ab','vm2','{"name":"vm2","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link1-2","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link2-3","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,NULL,NULL,0,'running',NULL,NULL,1012,1796048103775,0,NULL,NULL,'5e7j4qvoijkyttu2',33554432,1,1,1796048103239);
INSERT INTO vms VALUES('s2ypob3eszsmez5r','rzwyylfj2gtb73ab','vm3','{"name":"vm3","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"link2-3","model":"virtio","address":null,"mac":null},{"name":"eth1","network":"link3-1","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":["rack-1","rack-2"],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,NULL,NULL,0,'running',NULL,NULL,1013,1796048103775,0,NULL,NULL,'d7dmgtgfk4v2z46b',33554432,1,1,1796048103239);
INSERT INTO vms VALUES('pzdcfla3reo6qq23','j3yynts22ydda32h','nowhere','{"name":"nowhere","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":null,"pools":[],"labels":{"disk":"none"},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'running',1,0,'mh26g4qodiwtfkcu',NULL,'asks for the label disk=none, which no node has',NULL,NULL,0,'none',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,0,1796048103701);
INSERT INTO vms VALUES('nqwegzmbflykqfjc','va4a5mor73s5x6rj','a','{"name":"a","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'stopped',2,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,NULL,NULL,0,'stopped',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,2,0,1796048103899);
INSERT INTO vms VALUES('ptbm4floah3o2qm2','va4a5mor73s5x6rj','b','{"name":"b","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"here","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'stopped',2,0,'mh26g4qodiwtfkcu','5f5hjhlyyslvmjez',NULL,NULL,NULL,0,'stopped',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,2,0,1796048103899);
INSERT INTO vms VALUES('6sz4ojlbsfgkrbmi','tzejn3embx463zof','a','{"name":"a","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[{"name":"eth0","network":"lan","model":"virtio","address":null,"mac":null}],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'absent',2,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,NULL,NULL,0,'running',NULL,NULL,1015,1796048104506,0,NULL,NULL,'spjbahwmak6v7hzo',33554432,1,1,1796048104123);
INSERT INTO vms VALUES('4rzsumnrcg2kdcrc','tzejn3embx463zof','b','{"name":"b","image":"sector","cpus":1,"memory":33554432,"disk":2097152,"nics":[],"volumes":[],"firmware":null,"restart":"on-failure","userData":null,"cloudConfig":null,"sshKeys":[],"placement":{"priority":0,"node":"far","pools":[],"labels":{},"imagePresent":false,"affinity":{"required":[],"preferred":[]},"antiAffinity":{"required":[],"preferred":[]}}}',1,33554432,2097152,'absent',2,0,'mh26g4qodiwtfkcu','zldvvzmjpf6kgya5',NULL,NULL,NULL,0,'running',NULL,NULL,1016,1796048104506,0,NULL,NULL,'cewcmammwy64b2r3',33554432,1,0,1796048104123);
CREATE TABLE nics (
      id text primary key,
      vm_id text not null references vms (id),
      network_id text not null references networks (id),
      name text not null,
      mac text not null,
      address text not null
    ) strict;
INSERT INTO nics VALUES('skgzvyrlomasaied','evqewjtgmv2bym2e','dl2dyedqegxcbdea','eth1','52:54:00:12:34:56','10.21.0.20');
INSERT INTO nics VALUES('rkgo4brkcsxgj37d','qdhztcbjzjupojxv','dl2dyedqegxcbdea','eth0','02:82:84:fe:c3:f5','10.21.0.1');
INSERT INTO nics VALUES('hy5ozkbgkhjkplhb','qdhztcbjzjupojxv','kgzkolykloqu3mts','eth1','02:2d:77:6d:c1:aa','192.168.2.2');
INSERT INTO nics VALUES('kbqtgz75cdao2fu4','dxkoasdwyi5dtx37','s2ep4us5njvwtihf','eth0','02:2e:32:f4:cf:e2','192.168.1.2');
INSERT INTO nics VALUES('wvrwxhfxczogevqn','asyjplewrgs7jouk','mser6hurhwmfii2x','eth0','02:3e:b4:56:80:55','10.20.0.2');
INSERT INTO nics VALUES('ehb4qwrml4azklso','evqewjtgmv2bym2e','mser6hurhwmfii2x','eth0','02:c8:d3:f2:8a:91','10.20.0.3');
INSERT INTO nics VALUES('ueizmm3dnyozejer','evqewjtgmv2bym2e','kgzkolykloqu3mts','eth2','02:12:d9:be:f0:d7','192.168.2.3');
INSERT INTO nics VALUES('v4rtrd5flt3jtpwx','z46oij5l4ifau3mi','jjibv34dphxa637c','eth0','02:7b:66:12:6f:1e','192.168.1.2');
INSERT INTO nics VALUES('7w3vtoctvltwb7ts','z46oij5l4ifau3mi','5pawnirp7ke64vrb','eth1','02:80:1c:91:1a:0e','192.168.2.2');
INSERT INTO nics VALUES('xkdorcvuugtxd7kk','5ifjuo6fukas7jht','jjibv34dphxa637c','eth0','02:95:f5:a9:c3:05','192.168.1.3');
INSERT INTO nics VALUES('trfjoyfmdacajktb','x2npiargsdwtubsj','jjibv34dphxa637c','eth0','02:86:53:25:03:3c','192.168.1.4');
INSERT INTO nics VALUES('xdmabo2hv66eqkzk','x2npiargsdwtubsj','5pawnirp7ke64vrb','eth1','02:72:f7:95:b6:ef','192.168.2.3');
INSERT INTO nics VALUES('kgpfgkiv5jt7qm5b','3gb2bdkl3ljyhb2y','jjibv34dphxa637c','eth0','02:1a:88:45:e6:cf','192.168.1.5');
INSERT INTO nics VALUES('rjts6z7es5cww2zn','vzd7zkobvskrmy4r','5y4u3xbxxhjw64rf','eth0','02:9e:92:9f:de:dd','192.168.1.2');
INSERT INTO nics VALUES('kucifnw4ta7wg44j','vzd7zkobvskrmy4r','mjxpphahqc232arg','eth1','02:49:8f:dd:a3:b9','192.168.3.2');
INSERT INTO nics VALUES('qr7dn22yao6xcq3i','vlfsopl45ioqjgtp','5y4u3xbxxhjw64rf','eth0','02:2c:27:ce:7d:c4','192.168.1.3');
INSERT INTO nics VALUES('gdwa6f7t4ugvhibo','vlfsopl45ioqjgtp','kybq72zaknxxj2yl','eth1','02:b6:d3:ff:08:61','192.168.2.2');
INSERT INTO nics VALUES('wkvdopjd5l3a5kzx','s2ypob3eszsmez5r','kybq72zaknxxj2yl','eth0','02:a3:3d:d1:80:1f','192.168.2.3');
INSERT INTO nics VALUES('hc5qq5tqqg53vmhl','s2ypob3eszsmez5r','mjxpphahqc232arg','eth1','02:50:42:2b:ae:71','192.168.3.3');
INSERT INTO nics VALUES('5vwcnbgc5enphc24','pzdcfla3reo6qq23','opewtosp4feklwyw','eth0','02:c7:e1:fd:16:36','192.168.1.2');
INSERT INTO nics VALUES('fp4hoaqs4j6thq5e','nqwegzmbflykqfjc','etn5waedz4vactmt','eth0','02:1a:af:c3:a6:3b','192.168.1.2');
CREATE TABLE leftovers (
      id text primary key,
      vm_id text not null references vms (id),
      node_id text not null references nodes (id)
    ) strict;
INSERT INTO leftovers VALUES('vzd7zkobvskrmy4r 5f5hjhlyyslvmjez','vzd7zkobvskrmy4r','5f5hjhlyyslvmjez');
CREATE TABLE volumes (
      id text primary key,
      vm_id text not null references vms (id),
      name text not null,
      image_id text references images (id)
    ) strict;
INSERT INTO volumes VALUES('6hd7rbg5hixwcxnq','qdhztcbjzjupojxv','data',NULL);
INSERT INTO volumes VALUES('wuexnthvowgatysr','qdhztcbjzjupojxv','copy','mh26g4qodiwtfkcu');
INSERT INTO volumes VALUES('jpg76kjqmdqvq3q5','qdhztcbjzjupojxv','tools','bp3gvegxqrnwmvto');
INSERT INTO volumes VALUES('guo6dgvg2fjy3h36','z46oij5l4ifau3mi','data',NULL);
INSERT INTO volumes VALUES('3slq2pazomwcqwdm','x2npiargsdwtubsj','data',NULL);
CREATE TABLE tasks (
      id text primary key,
      kind text not null,
      subject text not null,
      vm text,
      generation integer not null,
      state text not null check (state in ('running', 'done', 'failed')),
      message text,
      created_at integer not null,
      ended_at integer
    ) strict;
INSERT INTO tasks VALUES('jci5ewhlkjfbm52m','slice.apply','shop',NULL,1,'done',NULL,1796048102439,1796048104291);
INSERT INTO tasks VALUES('u5lcdppzbv3cklli','slice.apply','mixed',NULL,1,'done',NULL,1796048102907,1796048104303);
INSERT INTO tasks VALUES('f2rupag7jwof3or4','slice.apply','ring',NULL,1,'done',NULL,1796048103280,1796048104716);
INSERT INTO tasks VALUES('rm5f2lwy6ivo63ys','slice.apply','waiting',NULL,1,'running',NULL,1796048103737,NULL);
INSERT INTO tasks VALUES('fqecruonufziwxlf','slice.apply','off',NULL,1,'done',NULL,1796048103941,1796048105128);
INSERT INTO tasks VALUES('bd2fzib37yi6nrno','slice.apply','gone',NULL,1,'done',NULL,1796048104126,1796048104985);
INSERT INTO tasks VALUES('lzwfb534qjmtftxy','slice.apply','shop',NULL,2,'done',NULL,1796048105048,1796048105435);
INSERT INTO tasks VALUES('agkzwmbkxpecbgmb','vm.pause','shop','held',2,'done',NULL,1796048165126,1796048165597);
INSERT INTO tasks VALUES('oqfuu4scmj3w3dt4','vm.stop','shop','still',2,'done',NULL,1796048165325,1796048165972);
INSERT INTO tasks VALUES('mhuvarks4nnw5qsj','vm.stop','mixed','kvmoff',1,'done',NULL,1796048165411,1796048165980);
INSERT INTO tasks VALUES('e3tvpc7fbrl2tcg2','vm.stop','mixed','zoneoff',1,'done',NULL,1796048165522,1796048165986);
INSERT INTO tasks VALUES('gls77vompbwk66f6','slice.stop','off',NULL,2,'done',NULL,1796048165841,1796048166254);
INSERT INTO tasks VALUES('6eskflhth2ciqlrn','slice.remove','gone',NULL,2,'running',NULL,1796048226365,NULL);
INSERT INTO tasks VALUES('ruktnelziocvuvtx','node.drain','far',NULL,0,'running',NULL,1796048226471,NULL);
CREATE TABLE events (
      sequence integer primary key autoincrement,
      at integer not null,
      kind text not null,
      node text,
      slice text,
      vm text,
      message text not null,
      step text
    ) strict;
INSERT INTO events VALUES(1,1796048101696,'node.status','here',NULL,NULL,'is ready',NULL);
INSERT INTO events VALUES(2,1796048101696,'image.placed','here',NULL,NULL,'has the image sha256:6bf99799d0ef','{"name":"image","state":"done","duration":0.03490599999895494}');
INSERT INTO events VALUES(3,1796048101696,'image.placed','here',NULL,NULL,'has the image sha256:8d4d39799982','{"name":"image","state":"done","duration":0.19903899999917485}');
INSERT INTO events VALUES(4,1796048101696,'node.status','virt',NULL,NULL,'is ready',NULL);
INSERT INTO events VALUES(5,1796048101696,'image.placed','virt',NULL,NULL,'has the image sha256:6bf99799d0ef','{"name":"image","state":"done","duration":0.011441000000559143}');
INSERT INTO events VALUES(6,1796048101696,'node.status','far',NULL,NULL,'is ready',NULL);
INSERT INTO events VALUES(7,1796048101696,'image.placed','far',NULL,NULL,'has the image sha256:6bf99799d0ef','{"name":"image","state":"done","duration":0.016510999999809428}');
INSERT INTO events VALUES(8,1796048101696,'image.placed','far',NULL,NULL,'has the image sha256:8d4d39799982','{"name":"image","state":"done","duration":0.029486999999789987}');
INSERT INTO events VALUES(9,1796048101696,'node.status','omni',NULL,NULL,'is ready',NULL);
INSERT INTO events VALUES(10,1796048101696,'image.placed','omni',NULL,NULL,'has the image sha256:6bf99799d0ef','{"name":"image","state":"done","duration":0.018506000000343192}');
INSERT INTO events VALUES(11,1796048101696,'node.status','spare',NULL,NULL,'is ready',NULL);
INSERT INTO events VALUES(12,1796048101696,'image.placed','spare',NULL,NULL,'has the image sha256:6bf99799d0ef','{"name":"image","state":"done","duration":0.009097000000110711}');
INSERT INTO events VALUES(13,1796048101918,'node.exec','here',NULL,NULL,'running ["true"]',NULL);
INSERT INTO events VALUES(14,1796048102118,'node.configured','here',NULL,NULL,'here is in pool rack-1, its labels are disk=ssd, later=yes, site/row=7; its CPUs are promised 8 times, its memory 1, its disk 1',NULL);
INSERT INTO events VALUES(15,1796048102225,'image.requested',NULL,NULL,NULL,'image debian-12 is to be fetched from its source',NULL);
INSERT INTO events VALUES(16,1796048102225,'image.added',NULL,NULL,NULL,'image debian-12 is sha256:a316bb9088660aac23c76b776694718edbe5e87974ae8debde774cf4cc525e67',NULL);
INSERT INTO events VALUES(17,1796048102464,'slice.applied',NULL,'shop',NULL,replace('shop was applied as generation 1:\n+ network front: 10.20.0.0/24, internet\n+ network back: 10.21.0.0/24, rate 10Mbit\n+ network slow: 192.168.1.0/24, rate 1Mbit\n+ network wire: 192.168.2.0/24, link\n+ vm web: image sector, 1 CPU, 32MiB, disk 2MiB, front and back and wire, priority 10, node here\n+ vm db: image sector, 2 CPUs, 64MiB, disk 4MiB, volume data 3MiB, volume copy 2MiB of image sector, volume tools of image disc, back and wire, node here, labels disk=ssd, rather apart from web\n+ vm held: image sector, 1 CPU, 32MiB, disk 2MiB, slow, node here\n+ vm still: image sector, 1 CPU, 32MiB, disk 2MiB, front, node here\n+ vm broken: image sector, 1 CPU, 32MiB, disk 2MiB, no network, node here\n+ vm firm: image sector, 1 CPU, 32MiB, disk 2MiB, UEFI, no network, node here','\n',char(10)),NULL);
INSERT INTO events VALUES(18,1796048102719,'vm.placed','here','shop','broken','placed on here',NULL);
INSERT INTO events VALUES(19,1796048102719,'vm.placed','here','shop','db','placed on here',NULL);
INSERT INTO events VALUES(20,1796048102719,'vm.placed','here','shop','firm','placed on here',NULL);
INSERT INTO events VALUES(21,1796048102719,'vm.placed','here','shop','held','placed on here',NULL);
INSERT INTO events VALUES(22,1796048102719,'vm.placed','here','shop','still','placed on here',NULL);
INSERT INTO events VALUES(23,1796048102719,'vm.placed','here','shop','web','placed on here',NULL);
INSERT INTO events VALUES(24,1796048102719,'router.placed','here','shop',NULL,'placed on here',NULL);
INSERT INTO events VALUES(25,1796048102719,'vm.step','here','shop','broken','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(26,1796048102719,'vm.step','here','shop','db','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(27,1796048102719,'vm.step','here','shop','firm','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(28,1796048102719,'vm.step','here','shop','held','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(29,1796048102719,'vm.step','here','shop','still','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(30,1796048102719,'vm.step','here','shop','web','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(31,1796048102719,'router.done','here','shop',NULL,'router done','{"name":"router","state":"done","duration":0.27282999999988533}');
INSERT INTO events VALUES(32,1796048102719,'vm.step','here','shop','broken','image done','{"name":"image","state":"done","duration":1.8381200000003446}');
INSERT INTO events VALUES(33,1796048102719,'vm.step','here','shop','db','image done','{"name":"image","state":"done","duration":1.3841650000013033}');
INSERT INTO events VALUES(34,1796048102719,'vm.step','here','shop','firm','image done','{"name":"image","state":"done","duration":1.3469549999990704}');
INSERT INTO events VALUES(35,1796048102719,'vm.step','here','shop','held','image done','{"name":"image","state":"done","duration":1.3753099999994447}');
INSERT INTO events VALUES(36,1796048102719,'vm.step','here','shop','still','image done','{"name":"image","state":"done","duration":1.3763699999999517}');
INSERT INTO events VALUES(37,1796048102719,'vm.step','here','shop','web','image done','{"name":"image","state":"done","duration":1.3733259999989968}');
INSERT INTO events VALUES(38,1796048102719,'vm.step','here','shop','broken','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(39,1796048102719,'vm.step','here','shop','db','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(40,1796048102719,'vm.step','here','shop','firm','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(41,1796048102719,'vm.step','here','shop','held','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(42,1796048102719,'vm.step','here','shop','still','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(43,1796048102719,'vm.step','here','shop','web','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(44,1796048102804,'vm.step','here','shop','broken','disk done','{"name":"disk","state":"done","duration":69.8446129999993}');
INSERT INTO events VALUES(45,1796048102804,'vm.step','here','shop','broken','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(46,1796048102804,'vm.step','here','shop','broken','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(47,1796048102804,'vm.step','here','shop','db','disk done','{"name":"disk","state":"done","duration":70.8661489999995}');
INSERT INTO events VALUES(48,1796048102804,'vm.step','here','shop','db','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(49,1796048102804,'vm.step','here','shop','db','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(50,1796048102804,'vm.step','here','shop','firm','disk done','{"name":"disk","state":"done","duration":70.91517299999941}');
INSERT INTO events VALUES(51,1796048102804,'vm.step','here','shop','firm','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(52,1796048102804,'vm.step','here','shop','firm','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(53,1796048102804,'vm.step','here','shop','held','disk done','{"name":"disk","state":"done","duration":70.95428700000048}');
INSERT INTO events VALUES(54,1796048102804,'vm.step','here','shop','held','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(55,1796048102804,'vm.step','here','shop','held','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(56,1796048102804,'vm.step','here','shop','still','disk done','{"name":"disk","state":"done","duration":77.57085700000061}');
INSERT INTO events VALUES(57,1796048102804,'vm.step','here','shop','still','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(58,1796048102804,'vm.step','here','shop','still','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(59,1796048102804,'vm.step','here','shop','web','disk done','{"name":"disk","state":"done","duration":77.81592400000045}');
INSERT INTO events VALUES(60,1796048102804,'vm.step','here','shop','web','ports done','{"name":"ports","state":"done","duration":0.9673929999989923}');
INSERT INTO events VALUES(61,1796048102804,'vm.step','here','shop','web','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(62,1796048102804,'vm.step','here','shop','broken','start done','{"name":"start","state":"done","duration":64.7510540000003}');
INSERT INTO events VALUES(63,1796048102804,'vm.running','here','shop','broken','is running',NULL);
INSERT INTO events VALUES(64,1796048102804,'vm.step','here','shop','db','start done','{"name":"start","state":"done","duration":63.54682199999843}');
INSERT INTO events VALUES(65,1796048102804,'vm.running','here','shop','db','is running',NULL);
INSERT INTO events VALUES(66,1796048102804,'vm.step','here','shop','firm','start done','{"name":"start","state":"done","duration":65.53587899999911}');
INSERT INTO events VALUES(67,1796048102804,'vm.running','here','shop','firm','is running',NULL);
INSERT INTO events VALUES(68,1796048102804,'vm.step','here','shop','held','start done','{"name":"start","state":"done","duration":65.82852600000115}');
INSERT INTO events VALUES(69,1796048102804,'vm.running','here','shop','held','is running',NULL);
INSERT INTO events VALUES(70,1796048102804,'vm.step','here','shop','still','start done','{"name":"start","state":"done","duration":59.305435000000216}');
INSERT INTO events VALUES(71,1796048102804,'vm.running','here','shop','still','is running',NULL);
INSERT INTO events VALUES(72,1796048102804,'vm.step','here','shop','web','start done','{"name":"start","state":"done","duration":59.15454700000009}');
INSERT INTO events VALUES(73,1796048102804,'vm.running','here','shop','web','is running',NULL);
INSERT INTO events VALUES(74,1796048102921,'slice.applied',NULL,'mixed',NULL,replace('mixed was applied as generation 1:\n+ network lan: 192.168.1.0/24, internet\n+ network own: 192.168.2.0/24\n+ vm kvm: image sector, 1 CPU, 32MiB, disk 2MiB, volume data 2MiB, lan and own, node virt\n+ vm kvmoff: image sector, 1 CPU, 32MiB, disk 2MiB, lan, node virt\n+ vm zone: image sector, 1 CPU, 32MiB, disk 2MiB, volume data 2MiB, lan and own, node omni\n+ vm zoneoff: image sector, 1 CPU, 32MiB, disk 2MiB, lan, node omni','\n',char(10)),NULL);
INSERT INTO events VALUES(75,1796048103079,'vm.placed','virt','mixed','kvm','placed on virt',NULL);
INSERT INTO events VALUES(76,1796048103079,'vm.placed','virt','mixed','kvmoff','placed on virt',NULL);
INSERT INTO events VALUES(77,1796048103079,'vm.placed','omni','mixed','zone','placed on omni',NULL);
INSERT INTO events VALUES(78,1796048103079,'vm.placed','omni','mixed','zoneoff','placed on omni',NULL);
INSERT INTO events VALUES(79,1796048103079,'router.placed','spare','mixed',NULL,'placed on spare',NULL);
INSERT INTO events VALUES(80,1796048103079,'vm.step','virt','mixed','kvm','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(81,1796048103079,'vm.step','virt','mixed','kvmoff','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(82,1796048103079,'vm.step','virt','mixed','kvm','image done','{"name":"image","state":"done","duration":0.3553959999990184}');
INSERT INTO events VALUES(83,1796048103079,'vm.step','virt','mixed','kvmoff','image done','{"name":"image","state":"done","duration":0.30205500000010943}');
INSERT INTO events VALUES(84,1796048103079,'vm.step','virt','mixed','kvm','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(85,1796048103079,'vm.step','virt','mixed','kvmoff','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(86,1796048103079,'vm.step','omni','mixed','zone','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(87,1796048103079,'vm.step','omni','mixed','zoneoff','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(88,1796048103079,'vm.step','omni','mixed','zone','image done','{"name":"image","state":"done","duration":0.2895509999998467}');
INSERT INTO events VALUES(89,1796048103079,'vm.step','omni','mixed','zoneoff','image done','{"name":"image","state":"done","duration":0.23931599999923492}');
INSERT INTO events VALUES(90,1796048103079,'vm.step','omni','mixed','zone','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(91,1796048103079,'vm.step','omni','mixed','zoneoff','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(92,1796048103079,'router.done','spare','mixed',NULL,'router done','{"name":"router","state":"done","duration":0.34049899999990885}');
INSERT INTO events VALUES(93,1796048103232,'vm.step','virt','mixed','kvm','disk done','{"name":"disk","state":"done","duration":75.5775709999998}');
INSERT INTO events VALUES(94,1796048103232,'vm.step','virt','mixed','kvm','ports done','{"name":"ports","state":"done","duration":0.2346159999997326}');
INSERT INTO events VALUES(95,1796048103232,'vm.step','virt','mixed','kvm','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(96,1796048103232,'vm.step','virt','mixed','kvmoff','disk done','{"name":"disk","state":"done","duration":75.79760899999928}');
INSERT INTO events VALUES(97,1796048103232,'vm.step','virt','mixed','kvmoff','ports done','{"name":"ports","state":"done","duration":0.2346159999997326}');
INSERT INTO events VALUES(98,1796048103232,'vm.step','virt','mixed','kvmoff','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(99,1796048103232,'vm.step','omni','mixed','zone','disk done','{"name":"disk","state":"done","duration":71.46900800000003}');
INSERT INTO events VALUES(100,1796048103232,'vm.step','omni','mixed','zone','ports done','{"name":"ports","state":"done","duration":0.1526800000010553}');
INSERT INTO events VALUES(101,1796048103232,'vm.step','omni','mixed','zone','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(102,1796048103232,'vm.step','omni','mixed','zoneoff','disk done','{"name":"disk","state":"done","duration":71.69360500000039}');
INSERT INTO events VALUES(103,1796048103232,'vm.step','omni','mixed','zoneoff','ports done','{"name":"ports","state":"done","duration":0.1526800000010553}');
INSERT INTO events VALUES(104,1796048103232,'vm.step','omni','mixed','zoneoff','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(105,1796048103232,'vm.step','virt','mixed','kvm','start done','{"name":"start","state":"done","duration":21.658653000000413}');
INSERT INTO events VALUES(106,1796048103232,'vm.running','virt','mixed','kvm','is running',NULL);
INSERT INTO events VALUES(107,1796048103232,'vm.step','virt','mixed','kvmoff','start done','{"name":"start","state":"done","duration":26.648666000000958}');
INSERT INTO events VALUES(108,1796048103232,'vm.running','virt','mixed','kvmoff','is running',NULL);
INSERT INTO events VALUES(109,1796048103232,'vm.step','omni','mixed','zone','start done','{"name":"start","state":"done","duration":26.783873000000312}');
INSERT INTO events VALUES(110,1796048103232,'vm.running','omni','mixed','zone','is running',NULL);
INSERT INTO events VALUES(111,1796048103232,'vm.step','omni','mixed','zoneoff','start done','{"name":"start","state":"done","duration":31.81304099999943}');
INSERT INTO events VALUES(112,1796048103232,'vm.running','omni','mixed','zoneoff','is running',NULL);
INSERT INTO events VALUES(113,1796048103289,'slice.applied',NULL,'ring',NULL,replace('ring was applied as generation 1:\n+ network link1-2: 192.168.1.0/24, link\n+ network link2-3: 192.168.2.0/24, link\n+ network link3-1: 192.168.3.0/24, link\n+ vm vm1: image sector, 1 CPU, 32MiB, disk 2MiB, link1-2 and link3-1, pools rack-1 rack-2\n+ vm vm2: image sector, 1 CPU, 32MiB, disk 2MiB, link1-2 and link2-3, pools rack-1 rack-2\n+ vm vm3: image sector, 1 CPU, 32MiB, disk 2MiB, link2-3 and link3-1, pools rack-1 rack-2','\n',char(10)),NULL);
INSERT INTO events VALUES(114,1796048103661,'vm.placed','far','ring','vm1','placed on far',NULL);
INSERT INTO events VALUES(115,1796048103661,'vm.placed','far','ring','vm2','placed on far',NULL);
INSERT INTO events VALUES(116,1796048103661,'vm.placed','far','ring','vm3','placed on far',NULL);
INSERT INTO events VALUES(117,1796048103661,'router.placed','here','ring',NULL,'placed on here',NULL);
INSERT INTO events VALUES(118,1796048103661,'vm.addressed',NULL,'mixed','kvm','has eth0 192.168.1.2, eth1 192.168.2.2',NULL);
INSERT INTO events VALUES(119,1796048103661,'vm.addressed',NULL,'mixed','zone','has eth0 192.168.1.4, eth1 192.168.2.3',NULL);
INSERT INTO events VALUES(120,1796048103661,'vm.step','far','ring','vm1','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(121,1796048103661,'vm.step','far','ring','vm2','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(122,1796048103661,'vm.step','far','ring','vm3','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(123,1796048103661,'vm.step','far','ring','vm1','image done','{"name":"image","state":"done","duration":6.2580179999986285}');
INSERT INTO events VALUES(124,1796048103661,'vm.step','far','ring','vm2','image done','{"name":"image","state":"done","duration":6.1609820000012405}');
INSERT INTO events VALUES(125,1796048103661,'vm.step','far','ring','vm3','image done','{"name":"image","state":"done","duration":6.103202000000238}');
INSERT INTO events VALUES(126,1796048103661,'vm.step','far','ring','vm1','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(127,1796048103661,'vm.step','far','ring','vm2','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(128,1796048103661,'vm.step','far','ring','vm3','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(129,1796048103747,'slice.applied',NULL,'waiting',NULL,replace('waiting was applied as generation 1:\n+ network lan: 192.168.1.0/24, delay 150ms\n+ vm nowhere: image sector, 1 CPU, 32MiB, disk 2MiB, lan, labels disk=none','\n',char(10)),NULL);
INSERT INTO events VALUES(130,1796048103762,'vm.addressed',NULL,'shop','db','has eth0 10.21.0.1, eth1 192.168.2.2',NULL);
INSERT INTO events VALUES(131,1796048103762,'vm.addressed',NULL,'shop','held','has eth0 192.168.1.2',NULL);
INSERT INTO events VALUES(132,1796048103762,'vm.step','far','ring','vm1','disk done','{"name":"disk","state":"done","duration":29.53094500000043}');
INSERT INTO events VALUES(133,1796048103762,'vm.step','far','ring','vm1','ports done','{"name":"ports","state":"done","duration":5.844248999999763}');
INSERT INTO events VALUES(134,1796048103762,'vm.step','far','ring','vm1','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(135,1796048103762,'vm.step','far','ring','vm2','disk done','{"name":"disk","state":"done","duration":29.788094999999885}');
INSERT INTO events VALUES(136,1796048103762,'vm.step','far','ring','vm2','ports done','{"name":"ports","state":"done","duration":5.844248999999763}');
INSERT INTO events VALUES(137,1796048103762,'vm.step','far','ring','vm2','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(138,1796048103762,'vm.step','far','ring','vm3','disk done','{"name":"disk","state":"done","duration":29.979629000001296}');
INSERT INTO events VALUES(139,1796048103762,'vm.step','far','ring','vm3','ports done','{"name":"ports","state":"done","duration":5.844248999999763}');
INSERT INTO events VALUES(140,1796048103762,'vm.step','far','ring','vm3','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(141,1796048103818,'vm.step','far','ring','vm1','start done','{"name":"start","state":"done","duration":83.71740200000022}');
INSERT INTO events VALUES(142,1796048103818,'vm.running','far','ring','vm1','is running',NULL);
INSERT INTO events VALUES(143,1796048103818,'vm.step','far','ring','vm2','start done','{"name":"start","state":"done","duration":83.95179800000005}');
INSERT INTO events VALUES(144,1796048103818,'vm.running','far','ring','vm2','is running',NULL);
INSERT INTO events VALUES(145,1796048103818,'vm.step','far','ring','vm3','start done','{"name":"start","state":"done","duration":84.26117700000032}');
INSERT INTO events VALUES(146,1796048103818,'vm.running','far','ring','vm3','is running',NULL);
INSERT INTO events VALUES(147,1796048103957,'slice.applied',NULL,'off',NULL,replace('off was applied as generation 1:\n+ network lan: 192.168.1.0/24\n+ vm a: image sector, 1 CPU, 32MiB, disk 2MiB, lan, node far\n+ vm b: image sector, 1 CPU, 32MiB, disk 2MiB, no network, node here','\n',char(10)),NULL);
INSERT INTO events VALUES(148,1796048104074,'vm.pending',NULL,'waiting','nowhere','pending: asks for the label disk=none, which no node has',NULL);
INSERT INTO events VALUES(149,1796048104074,'vm.placed','far','off','a','placed on far',NULL);
INSERT INTO events VALUES(150,1796048104074,'vm.placed','here','off','b','placed on here',NULL);
INSERT INTO events VALUES(151,1796048104074,'router.placed','spare','off',NULL,'placed on spare',NULL);
INSERT INTO events VALUES(152,1796048104074,'router.placed','here','waiting',NULL,'placed on here',NULL);
INSERT INTO events VALUES(153,1796048104128,'slice.applied',NULL,'gone',NULL,replace('gone was applied as generation 1:\n+ network lan: 192.168.1.0/24, delay 20ms, jitter 5ms, loss 0.5%, rate 10Mbit\n+ vm a: image sector, 1 CPU, 32MiB, disk 2MiB, lan, node far\n+ vm b: image sector, 1 CPU, 32MiB, disk 2MiB, no network, node far','\n',char(10)),NULL);
INSERT INTO events VALUES(154,1796048104165,'vm.addressed',NULL,'mixed','kvmoff','has eth0 192.168.1.3',NULL);
INSERT INTO events VALUES(155,1796048104165,'vm.addressed',NULL,'mixed','zoneoff','has eth0 192.168.1.5',NULL);
INSERT INTO events VALUES(156,1796048104165,'router.done','spare','off',NULL,'router done','{"name":"router","state":"done","duration":0.13829299999997602}');
INSERT INTO events VALUES(157,1796048104165,'vm.addressed',NULL,'shop','still','has eth0 10.20.0.2',NULL);
INSERT INTO events VALUES(158,1796048104165,'vm.addressed',NULL,'shop','web','has eth0 10.20.0.3, eth1 10.21.0.20, eth2 192.168.2.3',NULL);
INSERT INTO events VALUES(159,1796048104165,'vm.step','here','off','b','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(160,1796048104165,'router.done','here','ring',NULL,'router done','{"name":"router","state":"done","duration":0.5265330000001995}');
INSERT INTO events VALUES(161,1796048104165,'router.done','here','waiting',NULL,'router done','{"name":"router","state":"done","duration":0.07936200000040117}');
INSERT INTO events VALUES(162,1796048104165,'vm.step','here','off','b','image done','{"name":"image","state":"done","duration":0.6755169999996724}');
INSERT INTO events VALUES(163,1796048104165,'vm.step','here','off','b','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(164,1796048104165,'vm.step','here','off','b','disk done','{"name":"disk","state":"done","duration":17.209953000001406}');
INSERT INTO events VALUES(165,1796048104165,'vm.step','here','off','b','ports done','{"name":"ports","state":"done","duration":0.024096000001009088}');
INSERT INTO events VALUES(166,1796048104165,'vm.step','here','off','b','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(167,1796048104283,'vm.step','here','off','b','start done','{"name":"start","state":"done","duration":64.03273699999954}');
INSERT INTO events VALUES(168,1796048104283,'vm.running','here','off','b','is running',NULL);
INSERT INTO events VALUES(169,1796048104283,'vm.placed','far','gone','a','placed on far',NULL);
INSERT INTO events VALUES(170,1796048104283,'vm.placed','far','gone','b','placed on far',NULL);
INSERT INTO events VALUES(171,1796048104283,'router.placed','spare','gone',NULL,'placed on spare',NULL);
INSERT INTO events VALUES(172,1796048104291,'task.ended',NULL,'shop',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(173,1796048104303,'task.ended',NULL,'mixed',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(174,1796048104484,'router.done','spare','gone',NULL,'router done','{"name":"router","state":"done","duration":0.16068599999925937}');
INSERT INTO events VALUES(175,1796048104484,'vm.step','far','gone','a','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(176,1796048104484,'vm.step','far','gone','b','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(177,1796048104484,'vm.step','far','off','a','image started','{"name":"image","state":"started","duration":null}');
INSERT INTO events VALUES(178,1796048104484,'vm.step','far','gone','a','image done','{"name":"image","state":"done","duration":0.520211000000927}');
INSERT INTO events VALUES(179,1796048104484,'vm.step','far','gone','b','image done','{"name":"image","state":"done","duration":0.44168100000024424}');
INSERT INTO events VALUES(180,1796048104484,'vm.step','far','off','a','image done','{"name":"image","state":"done","duration":0.4358199999987846}');
INSERT INTO events VALUES(181,1796048104484,'vm.step','far','gone','a','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(182,1796048104484,'vm.step','far','gone','b','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(183,1796048104484,'vm.step','far','off','a','disk started','{"name":"disk","state":"started","duration":null}');
INSERT INTO events VALUES(184,1796048104484,'vm.step','far','gone','a','disk done','{"name":"disk","state":"done","duration":22.696058999999877}');
INSERT INTO events VALUES(185,1796048104484,'vm.step','far','gone','a','ports done','{"name":"ports","state":"done","duration":0.3090379999994184}');
INSERT INTO events VALUES(186,1796048104484,'vm.step','far','gone','a','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(187,1796048104484,'vm.step','far','gone','b','disk done','{"name":"disk","state":"done","duration":23.008625000000393}');
INSERT INTO events VALUES(188,1796048104484,'vm.step','far','gone','b','ports done','{"name":"ports","state":"done","duration":0.3090379999994184}');
INSERT INTO events VALUES(189,1796048104484,'vm.step','far','gone','b','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(190,1796048104484,'vm.step','far','off','a','disk done','{"name":"disk","state":"done","duration":23.231728999999177}');
INSERT INTO events VALUES(191,1796048104484,'vm.step','far','off','a','ports done','{"name":"ports","state":"done","duration":0.3090379999994184}');
INSERT INTO events VALUES(192,1796048104484,'vm.step','far','off','a','start started','{"name":"start","state":"started","duration":null}');
INSERT INTO events VALUES(193,1796048104599,'vm.step','far','gone','a','start done','{"name":"start","state":"done","duration":22.907643000000462}');
INSERT INTO events VALUES(194,1796048104599,'vm.running','far','gone','a','is running',NULL);
INSERT INTO events VALUES(195,1796048104599,'vm.step','far','gone','b','start done','{"name":"start","state":"done","duration":22.779959999999846}');
INSERT INTO events VALUES(196,1796048104599,'vm.running','far','gone','b','is running',NULL);
INSERT INTO events VALUES(197,1796048104599,'vm.step','far','off','a','start done','{"name":"start","state":"done","duration":22.758638999999675}');
INSERT INTO events VALUES(198,1796048104599,'vm.running','far','off','a','is running',NULL);
INSERT INTO events VALUES(199,1796048104599,'vm.addressed',NULL,'ring','vm1','has eth0 192.168.1.2, eth1 192.168.3.2',NULL);
INSERT INTO events VALUES(200,1796048104599,'vm.addressed',NULL,'ring','vm2','has eth0 192.168.1.3, eth1 192.168.2.2',NULL);
INSERT INTO events VALUES(201,1796048104599,'vm.addressed',NULL,'ring','vm3','has eth0 192.168.2.3, eth1 192.168.3.3',NULL);
INSERT INTO events VALUES(202,1796048104716,'task.ended',NULL,'ring',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(203,1796048104767,'vm.addressed',NULL,'gone','a','has eth0 192.168.1.2',NULL);
INSERT INTO events VALUES(204,1796048104968,'vm.addressed',NULL,'off','a','has eth0 192.168.1.2',NULL);
INSERT INTO events VALUES(205,1796048104985,'task.ended',NULL,'gone',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(206,1796048105073,'slice.applied',NULL,'shop',NULL,replace('shop was applied as generation 2:\n~ network back: impairment rate 10Mbit → rate 20Mbit\n~ vm db: volumes data 3MiB → data 4MiB (while it runs)','\n',char(10)),NULL);
INSERT INTO events VALUES(207,1796048105128,'task.ended',NULL,'off',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(208,1796048105219,'vm.step','here','shop','db','change started','{"name":"change","state":"started","duration":null}');
INSERT INTO events VALUES(209,1796048105219,'node.repaired','here',NULL,NULL,'put 1 network port right that had been changed or removed',NULL);
INSERT INTO events VALUES(210,1796048105219,'vm.step','here','shop','db','change done','{"name":"change","state":"done","duration":26.918930999998338}');
INSERT INTO events VALUES(211,1796048105219,'vm.changed','here','shop','db','changed while it runs: its sizes were brought to it',NULL);
INSERT INTO events VALUES(212,1796048105330,'node.repaired','here',NULL,NULL,'put 1 network port right that had been changed or removed',NULL);
INSERT INTO events VALUES(213,1796048105435,'task.ended',NULL,'shop',NULL,'slice.apply done',NULL);
INSERT INTO events VALUES(214,1796048165128,'vm.pause',NULL,'shop','held','shop/held is to be held still',NULL);
INSERT INTO events VALUES(215,1796048165333,'vm.stop',NULL,'shop','still','shop/still is to be stopped',NULL);
INSERT INTO events VALUES(216,1796048165342,'vm.step','here','shop','held','pause started','{"name":"pause","state":"started","duration":null}');
INSERT INTO events VALUES(217,1796048165342,'vm.step','here','shop','held','pause done','{"name":"pause","state":"done","duration":1.9506140000012238}');
INSERT INTO events VALUES(218,1796048165342,'vm.paused','here','shop','held','is held still',NULL);
INSERT INTO events VALUES(219,1796048165443,'vm.stop',NULL,'mixed','kvmoff','mixed/kvmoff is to be stopped',NULL);
INSERT INTO events VALUES(220,1796048165525,'vm.stop',NULL,'mixed','zoneoff','mixed/zoneoff is to be stopped',NULL);
INSERT INTO events VALUES(221,1796048165568,'vm.step','here','shop','still','stop started','{"name":"stop","state":"started","duration":null}');
INSERT INTO events VALUES(222,1796048165568,'vm.step','here','shop','still','stop done','{"name":"stop","state":"done","duration":22.278464000002714}');
INSERT INTO events VALUES(223,1796048165568,'vm.stopped','here','shop','still','stopped: powered-down',NULL);
INSERT INTO events VALUES(224,1796048165597,'task.ended',NULL,'shop','held','vm.pause done',NULL);
INSERT INTO events VALUES(225,1796048165803,'vm.step','virt','mixed','kvmoff','stop started','{"name":"stop","state":"started","duration":null}');
INSERT INTO events VALUES(226,1796048165803,'vm.step','omni','mixed','zoneoff','stop started','{"name":"stop","state":"started","duration":null}');
INSERT INTO events VALUES(227,1796048165803,'vm.step','virt','mixed','kvmoff','stop done','{"name":"stop","state":"done","duration":37.512003000010736}');
INSERT INTO events VALUES(228,1796048165803,'vm.stopped','virt','mixed','kvmoff','stopped: powered-down',NULL);
INSERT INTO events VALUES(229,1796048165803,'vm.step','omni','mixed','zoneoff','stop done','{"name":"stop","state":"done","duration":13.14496199999121}');
INSERT INTO events VALUES(230,1796048165803,'vm.stopped','omni','mixed','zoneoff','stopped: powered-down',NULL);
INSERT INTO events VALUES(231,1796048165853,'slice.stop',NULL,'off',NULL,'off is to be stopped',NULL);
INSERT INTO events VALUES(232,1796048165946,'vm.step','here','off','b','stop started','{"name":"stop","state":"started","duration":null}');
INSERT INTO events VALUES(233,1796048165946,'vm.snapshot',NULL,'shop','db','snapshot before was made with memory',NULL);
INSERT INTO events VALUES(234,1796048165946,'vm.step','here','off','b','stop done','{"name":"stop","state":"done","duration":2.971919000003254}');
INSERT INTO events VALUES(235,1796048165946,'vm.stopped','here','off','b','stopped: powered-down',NULL);
INSERT INTO events VALUES(236,1796048165946,'vm.rebooted',NULL,'shop','web','was reset',NULL);
INSERT INTO events VALUES(237,1796048165972,'task.ended',NULL,'shop','still','vm.stop done',NULL);
INSERT INTO events VALUES(238,1796048165980,'task.ended',NULL,'mixed','kvmoff','vm.stop done',NULL);
INSERT INTO events VALUES(239,1796048165986,'task.ended',NULL,'mixed','zoneoff','vm.stop done',NULL);
INSERT INTO events VALUES(240,1796048166098,'vm.step','far','off','a','stop started','{"name":"stop","state":"started","duration":null}');
INSERT INTO events VALUES(241,1796048166098,'vm.step','far','off','a','stop done','{"name":"stop","state":"done","duration":97.97985199998948}');
INSERT INTO events VALUES(242,1796048166098,'vm.stopped','far','off','a','stopped: powered-down',NULL);
INSERT INTO events VALUES(243,1796048166254,'task.ended',NULL,'off',NULL,'slice.stop done',NULL);
INSERT INTO events VALUES(244,1796048226485,'vm.step','here','shop','db','start failed','{"name":"start","state":"failed","duration":12.5}');
INSERT INTO events VALUES(245,1796048226485,'image.map',NULL,NULL,NULL,'the image map cannot be read',NULL);
INSERT INTO events VALUES(246,1796048226485,'vm.failed','here','shop','broken','its process ended with exit code 1',NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',246);
CREATE UNIQUE INDEX nodes_by_name on nodes (name);
CREATE UNIQUE INDEX nodes_by_endpoint on nodes (endpoint);
CREATE UNIQUE INDEX images_by_name on images (name) where current = 1;
CREATE UNIQUE INDEX slices_by_name on slices (name);
CREATE UNIQUE INDEX slices_by_transit on slices (transit);
CREATE INDEX slices_by_router_node on slices (router_node_id);
CREATE UNIQUE INDEX networks_by_name on networks (slice_id, name);
CREATE UNIQUE INDEX networks_by_segment on networks (segment);
CREATE UNIQUE INDEX vms_by_name on vms (slice_id, name) where desired <> 'absent';
CREATE INDEX vms_by_slice on vms (slice_id, name, created_at, id);
CREATE INDEX vms_by_node on vms (node_id);
CREATE INDEX vms_by_image on vms (image_id);
CREATE INDEX vms_by_target on vms (moving_to);
CREATE INDEX vms_open on vms (slice_id) where (case when desired = 'absent' or settled_generation is null or settled_generation <> generation then 1 else 0 end = 1);
CREATE INDEX vms_awaited on vms (slice_id) where (state = 'running' and addressed = 0);
CREATE INDEX vms_undecided on vms (slice_id) where (node_id is null or moving_to is not null or stay_reason is not null);
CREATE UNIQUE INDEX nics_by_name on nics (vm_id, name);
CREATE UNIQUE INDEX nics_by_address on nics (network_id, address);
CREATE UNIQUE INDEX nics_by_mac on nics (mac);
CREATE UNIQUE INDEX leftovers_by_vm on leftovers (vm_id, node_id);
CREATE INDEX leftovers_by_node on leftovers (node_id);
CREATE INDEX vms_abandoned on vms (id) where (abandoned = 1);
CREATE UNIQUE INDEX volumes_by_name on volumes (vm_id, name);
CREATE INDEX volumes_by_image on volumes (image_id);
CREATE INDEX tasks_by_age on tasks (created_at);
CREATE INDEX tasks_by_state on tasks (state, created_at);
COMMIT;
