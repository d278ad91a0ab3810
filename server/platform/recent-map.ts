export { RecentMap } from '@custodia/edge/limits/recent-map.ts'
