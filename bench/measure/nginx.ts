import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePort } from '../../server/platform/cache/testing.ts'
import { endProcess } from '../../tools/demo/processes.ts'
import type { Peer } from './peer.ts'

const program = '/usr/sbin/nginx'

/** A proxy as its manual sets it up, in one process, with as many connections to the upstream as the gateway. */
const configuration = (folder: string, port: number, upstream: string) => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  upstream application { server ${upstream}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://application;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
}
`

/** @param upstream as `127.0.0.1:4100`. @returns null where nginx is not installed, which is said. */
export async function startNginx(upstream: string): Promise<Pick<Peer, 'pid' | 'port' | 'stop'> | null> {
  if (!existsSync(program)) {
    console.log('  nginx is not installed: NOT MEASURED beside it')
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'custodia-nginx-'))
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port, upstream))
  const child = spawn(program, ['-c', file, '-p', folder], { stdio: 'ignore' })
  const stop = async () => {
    await endProcess(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status === 200,
      () => false,
    )
  await eventually(answers).catch(async (error) => {
    await stop()
    throw error
  })
  return { pid: child.pid as number, port, stop }
}
